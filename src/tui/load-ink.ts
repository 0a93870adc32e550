/**
 * Loads Ink and React as a program that is used, not developed: they read the environment when they are loaded, and
 * would otherwise take React's slow development build and judge colours by standard output, which may be a file.
 */
export async function loadInk(stream: NodeJS.WriteStream) {
  const restore = setForNow({
    NODE_ENV: process.env.NODE_ENV ?? "production",
    FORCE_COLOR: colourLevel(stream, process.env),
  });
  try {
    const [{ render }, { createElement }, { RunScreenView }] = await Promise.all([
      import("ink"),
      import("react"),
      import("./run-screen-view.js"),
    ]);
    return { render, createElement, RunScreenView };
  } finally {
    restore();
  }
}

/** 0 to 3, as the colour library understands it: none, 16, 256, all colours. */
export function colourLevel(
  stream: Pick<NodeJS.WriteStream, "getColorDepth">,
  env: Readonly<Record<string, string | undefined>>,
): string {
  // https://no-color.org: any value but the empty one.
  if (env.NO_COLOR) return "0";
  const forced = env.FORCE_COLOR;
  if (forced !== undefined && forced !== "") return forced;
  const depth = stream.getColorDepth({ ...env });
  return depth >= 24 ? "3" : depth >= 8 ? "2" : depth >= 4 ? "1" : "0";
}

/** The environment of trials is made from this process's: it must not keep what only the screen needs. */
function setForNow(values: Readonly<Record<string, string>>): () => void {
  const before = Object.keys(values).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, values);
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
}
