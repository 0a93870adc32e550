import { loadInk } from "./load-ink.js";
import { RunState, type WatchedStore, type WatchedStudy } from "./run-state.js";

/** The live screen of a run. */
export interface RunScreen {
  /** Shows something that the person must see now. */
  note(text: string): void;
  /** Leaves the last picture where it is and gives the terminal back. A second call does nothing. */
  close(): void;
}

/** Milliseconds between two drawings at least. */
const pause = 100;
/** Milliseconds after which the clock on the screen has moved. */
const tick = 1000;

/**
 * Draws a run on standard error while it goes on. Reads no keys, so that Ctrl-C stays a signal; keeps no process
 * alive; a fault of the screen is shown and never reaches the study.
 */
export async function openRunScreen(
  study: WatchedStudy,
  store: WatchedStore,
  stream: NodeJS.WriteStream = process.stderr,
): Promise<RunScreen> {
  const { render, createElement, RunScreenView } = await loadInk(stream);
  const state = new RunState(study, store, () => performance.now());
  const size = (): { columns: number; rows: number } => ({ columns: stream.columns || 80, rows: stream.rows || 24 });
  const view = (final: boolean) => createElement(RunScreenView, { state, size: size(), final });
  const ink = render(view(false), { stdout: stream, stderr: stream, exitOnCtrlC: false, patchConsole: false });
  let waiting: NodeJS.Timeout | undefined;
  let closed = false;

  const draw = (final = false): void => {
    waiting = undefined;
    if (closed) return;
    state.follow();
    ink.rerender(view(final));
  };
  const soon = (): void => {
    if (waiting === undefined && !closed) waiting = setTimeout(draw, pause).unref();
  };
  const unsubscribe = study.subscribe((event) => {
    try {
      state.take(event);
    } catch (error) {
      state.notice = `The display missed something: ${error instanceof Error ? error.message : String(error)}`;
    }
    soon();
  });
  const clock = setInterval(soon, tick).unref();
  stream.on("resize", soon);

  return {
    note(text) {
      state.notice = text;
      soon();
    },
    close() {
      if (closed) return;
      unsubscribe();
      clearInterval(clock);
      clearTimeout(waiting);
      stream.off("resize", soon);
      draw(true);
      closed = true;
      ink.unmount();
    },
  };
}
