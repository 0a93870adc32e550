import type { Store } from "../../src/store/index.js";

/** Time spent inside the store so far, in milliseconds. */
export interface StoreTime {
  readonly wall: number;
}

/** The same store, which measures how long its calls take; a call inside a call counts once. */
export function timedStore(store: Store): { readonly store: Store; readonly time: StoreTime } {
  const time = { wall: 0 };
  let depth = 0;
  const timed = new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      return (...args: readonly unknown[]): unknown => {
        const outermost = depth++ === 0;
        const start = performance.now();
        try {
          return Reflect.apply(member, target, args);
        } finally {
          depth--;
          if (outermost) time.wall += performance.now() - start;
        }
      };
    },
  });
  return { store: timed, time };
}
