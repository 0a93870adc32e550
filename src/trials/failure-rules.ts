import type { FailureKind, Fault } from "./outcome.js";

/** A line of a log that decides why a trial failed. */
export interface FailureRule {
  readonly name: string;
  readonly pattern: RegExp;
  /** A line that matches this too does not count. */
  readonly except?: RegExp;
  readonly failure: FailureKind;
  readonly fault: Fault;
  /** What was seen, in words that go before the quoted line. */
  readonly says: string;
}

/** A program that announces that it copes with running out of memory has not failed by that line. */
const recovers = /retry|recover|skipp|reduc(?:e|ing)|falling back|fallback|will use|try again/i;

function outOfMemory(name: string, pattern: RegExp, says: string): FailureRule {
  return { name, pattern, except: recovers, failure: "out_of_memory", fault: "configuration", says };
}
function environment(name: string, pattern: RegExp, says: string): FailureRule {
  return { name, pattern, failure: "crashed", fault: "environment", says };
}

/** Tried in this order on each line; the first that matches decides. */
export const failureRules: readonly FailureRule[] = [
  outOfMemory(
    "pytorch-gpu",
    /\b(?:CUDA|HIP|XPU|NPU|MPS backend) out of memory|torch\.(?:cuda\.|xpu\.)?OutOfMemoryError|cudaErrorMemoryAllocation|CUDA error: out of memory|CUDA_ERROR_OUT_OF_MEMORY|cuMemAlloc.*out of memory/i,
    "GPU memory ran out",
  ),
  outOfMemory(
    "gpu-libraries",
    /CUBLAS_STATUS_ALLOC_FAILED|CUDNN_STATUS_ALLOC_FAILED|CUFFT_ALLOC_FAILED|CUSOLVER_STATUS_ALLOC_FAILED/,
    "a GPU library could not get memory",
  ),
  outOfMemory(
    "pytorch-cpu",
    /DefaultCPUAllocator: (?:can't allocate memory|not enough memory)/,
    "memory of the machine ran out",
  ),
  outOfMemory(
    "jax",
    /RESOURCE_EXHAUSTED: (?:.*out of memory|.*allocat)|XlaRuntimeError: RESOURCE_EXHAUSTED/i,
    "device memory ran out",
  ),
  outOfMemory(
    "tensorflow",
    /OOM when allocating tensor|ResourceExhaustedError|Allocator \(\S+\) ran out of memory/,
    "device memory ran out",
  ),
  outOfMemory(
    "python",
    /^(?:\w+\.)*(?:MemoryError|_?ArrayMemoryError)\b|\bnumpy\S*MemoryError: Unable to allocate/,
    "memory ran out",
  ),
  outOfMemory(
    "node",
    /JavaScript heap out of memory|Reached heap limit|Array buffer allocation failed|ERR_WORKER_OUT_OF_MEMORY/,
    "the JavaScript heap ran out",
  ),
  outOfMemory(
    "native",
    /std::bad_alloc|memory allocation of \d+ bytes failed|runtime: (?:out of memory|cannot allocate memory)|java\.lang\.OutOfMemoryError|OutOfMemoryError\(\)|^virtual memory exhausted|\bCannot allocate memory\b|\bENOMEM\b|cannot allocate vector of size/,
    "memory ran out",
  ),
  outOfMemory(
    "kernel",
    /\boom[-_]kill(?:er|ed)?\b|Out of memory: Killed process|Detected \d+ oom.kill event|exceeded (?:step |job )?memory limit/i,
    "the system ended it for its memory",
  ),
  environment("sandbox", /^bwrap: /, "the sandbox could not start the command"),
  environment(
    "disk",
    /No space left on device|Disk quota exceeded|\bENOSPC\b|\bEDQUOT\b|Read-only file system|\bEROFS\b|Input\/output error/,
    "the disk could not be written",
  ),
  environment(
    "shared-memory",
    /insufficient shared memory|unable to (?:open|write to|allocate) shared memory|shm_open|Unexpected bus error encountered in worker/i,
    "shared memory (/dev/shm) is too small",
  ),
  environment(
    "gpu-driver",
    /CUDA driver version is insufficient|no CUDA-capable device|No CUDA GPUs are available|CUDA-capable device\(s\) is\/are busy|devices? (?:is|are) busy or unavailable|Found no NVIDIA driver|NVML: (?:Driver|Unknown)|Failed to initialize NVML|CUDA_ERROR_(?:NO_DEVICE|SYSTEM_DRIVER_MISMATCH|SYSTEM_NOT_READY|UNKNOWN)|CUDA initialization: |no kernel image is available|uncorrectable (?:NVLink|ECC)|GPU (?:is lost|has fallen off the bus)|Torch not compiled with CUDA enabled|CUDA unknown error|Unable to initialize backend/,
    "the GPU could not be used",
  ),
  environment(
    "nccl",
    /NCCL (?:error|WARN|failure)|ncclSystemError|ncclUnhandledCudaError|ncclInternalError|ncclRemoteError|DistBackendError|DistNetworkError|DistStoreError|RendezvousTimeoutError|EADDRINUSE|Address already in use/,
    "processes could not talk to each other",
  ),
  environment(
    "import",
    /^(?:ModuleNotFoundError|ImportError)\b|cannot open shared object file|undefined symbol:|Library not loaded:|Cannot find (?:module|package) '|ERR_MODULE_NOT_FOUND|GLIBC(?:XX)?_[\d.]+' not found|error while loading shared libraries/,
    "a module or library is missing",
  ),
  environment(
    "network",
    /\bConnection(?: was)? (?:refused|reset|aborted|timed out)\b|ConnectionRefusedError|ConnectionResetError|\bECONNREFUSED\b|\bECONNRESET\b|\bETIMEDOUT\b|Temporary failure in name resolution|Name or service not known|getaddrinfo|Could not resolve host|Max retries exceeded|Network is unreachable|No route to host|\bSSLError\b|CERTIFICATE_VERIFY_FAILED|license (?:server|checkout)/i,
    "the network failed",
  ),
  environment(
    "access",
    /PermissionError|\bPermission denied\b|\bEACCES\b|Operation not permitted|\bEPERM\b|GatedRepoError|401 Client Error|403 Client Error/,
    "access was denied",
  ),
  environment("files", /^FileNotFoundError\b|\bNo such file or directory\b|\bENOENT\b/, "a file is missing"),
  environment(
    "limits-of-the-system",
    /Too many open files|\bEMFILE\b|Resource temporarily unavailable|can't start new thread|\bEAGAIN\b/,
    "the system ran out of files or processes",
  ),
  environment("source", /^(?:SyntaxError|IndentationError|TabError)\b/, "the source is not valid"),
  environment(
    "usage",
    /error: (?:unrecognized arguments|the following arguments are required|ambiguous option|one of the arguments|not allowed with argument)|[Nn]o such option|[Uu]nknown option|unexpected argument|MissingConfigException|Could not override|ConfigAttributeError/,
    "the command did not understand its arguments",
  ),
  {
    name: "value-refused",
    pattern:
      /error: argument \S+(?:\/\S+)*: (?:invalid|expected)|Invalid value for '?-|invalid (?:int|float|bool|choice)\b.*value|error: invalid value '/,
    failure: "invalid_configuration",
    fault: "configuration",
    says: "the command refused a value",
  },
  {
    name: "not-a-number",
    pattern:
      /\bloss (?:is|became|was|=|:)\s*(?:now )?(?:nan|inf|non-?finite|not finite)\b|\bnon-?finite (?:loss|gradient|value)|\bFloatingPointError\b|\b(?:nan|inf)s? (?:or (?:inf|nan)s? )?(?:loss|detected|encountered|found|in (?:loss|gradients?|weights?|logits))|(?:loss|training|gradients?|model|\brun) (?:has |have )?(?:diverged|exploded)|contains? (?:nan|inf)|probability tensor contains either|returned nan values/i,
    failure: "diverged",
    fault: "configuration",
    says: "numbers ceased to be finite",
  },
];

/** Exceptions that only say that another process or call failed; the reason stands before them. */
export const wrappers =
  /ChildFailedError|CalledProcessError|ProcessRaisedException|ProcessExitedException|RayTaskError|Error executing job|DataLoader worker \(pid|exited unexpectedly|BrokenProcessPool|subprocess\.\w*Error/;
