const smaller = new Set(
  (
    "loss bpb bpc bits perplexity ppl error err errors rmse mse mae nll rmsle logloss cer wer fid distance " +
    "crossentropy ce xent regret"
  ).split(" "),
);
const larger = new Set(
  (
    "acc accuracy auc auroc ap map f1 precision recall reward return returns score bleu rouge miou iou dice psnr " +
    "ssim r2 top1 top5 mrr ndcg winrate success throughput elo likelihood"
  ).split(" "),
);
/** What scripts print beside their result. */
const noMetric = new Set(
  (
    "step steps epoch epochs iter iteration iters time runtime seconds secs sec ms elapsed eta lr memory mem gb mb params " +
    "parameters parameter device seed batch batches tokens token flops mfu dt size shape depth layers version gpu vram date " +
    "path file rank world config args samples examples sps fps progress remaining run name percent " +
    "round episode episodes steps/s it/s"
  ).split(" "),
);

/**
 * Which way is better for a metric of this name, or undefined for what is no result (`step`, `lr`, `peak_vram_mb`).
 * `certain` is false where the name says nothing and minimize is assumed.
 */
export function guessDirection(
  name: string,
): { readonly direction: "minimize" | "maximize"; readonly certain: boolean } | undefined {
  const words = name
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "");
  if (words.length === 0) return undefined;
  // The last telling word decides: error_rate is an error, accuracy_loss a loss, loss_time no metric.
  for (const word of words.toReversed()) {
    if (noMetric.has(word)) return undefined;
    if (smaller.has(word)) return { direction: "minimize", certain: true };
    if (larger.has(word)) return { direction: "maximize", certain: true };
  }
  return { direction: "minimize", certain: false };
}
