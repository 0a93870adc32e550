/** Where a quantity lies with the confidence that is stated beside it. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}
