import { test } from "vitest";
import { RandomStream } from "../math/random.js";
import { SearchSpace } from "./search-space.js";
import { parameters } from "./zzp.js";
test("prof", () => {
  for (const c of ["(x < 0.2 or n == 4) and m % (n+1) == 0", "(n % 5 == 2)", "m % (n + 1) == 0", "(x*n) / m >= 10", "x % 0.3 == 0.1", "(min(x, n) - 2) * m > x", "flag and act == 'gelu'", "(n // m) != (2 * x)"]) {
    const text = `${c} or n == 4 and x == 0.5 and flag`;
    const free = SearchSpace.from({ parameters, constraints: [], derived: [] });
    const s = SearchSpace.from({ parameters, constraints: [text], derived: [] });
    const r = RandomStream.fromSeed(3);
    const cs = Array.from({length:60},()=>free.sample(r)).filter(c=>s.brokenConstraints(c).length>0);
    const t = process.cpuUsage(); let u=0, w=0;
    for (const c of cs) { const a=performance.now(); if(!s.repair(c)) u++; w=Math.max(w,performance.now()-a);} 
    process.stdout.write(`${text}: n=${cs.length} mean ${(process.cpuUsage(t).user/1000/cs.length).toFixed(2)} worst ${w.toFixed(1)} unrepaired ${u}\n`);
  }
});
test("fourteen", () => {
  const names = Array.from({ length: 14 }, (_, k) => `p${k}`);
  const mk = (constraints: string[]) => SearchSpace.from({ parameters: names.map((name, k) => (k % 2 === 0 ? {kind:"float" as const,name,low:0,high:1,scale:"linear" as const,default:0.1} : {kind:"int" as const,name,low:1,high:64,scale:"linear" as const,default:4})), constraints, derived: [] });
  const s = mk(["p0 + p2 + p4 <= 1", "p1 % p3 == 0", "p5 <= p7", "p6 * p9 < 10", "p11 * p13 <= 512", "p8 + p10 + p12 < 1.5"]);
  const free = mk([]); const r = RandomStream.fromSeed(3);
  const cs = Array.from({length:400},()=>free.sample(r));
  for (const c of cs.slice(0,100)) s.repair(c);
  const t = process.cpuUsage(); for (const c of cs) s.repair(c);
  process.stdout.write(`14: ${(process.cpuUsage(t).user/1000/400).toFixed(2)} ms cpu\n`);
});
