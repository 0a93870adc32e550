/**
 * out = A B for an m x k matrix A and a k x n matrix B; out is row-major, m x n.
 *
 * A and B are read with a stride for rows and one for columns, so that a transposed matrix is the same array with
 * its strides exchanged. Blocks of 2 x 4 results are kept in local variables: each number that is loaded takes part
 * in several products.
 */
export function matmul(out, a, aRow, aColumn, b, bRow, bColumn, m, n, k) {
  const evenM = m - (m % 2);
  const evenN = n - (n % 4);
  for (let i = 0; i < evenM; i += 2) {
    for (let j = 0; j < evenN; j += 4) {
      let s00 = 0;
      let s01 = 0;
      let s02 = 0;
      let s03 = 0;
      let s10 = 0;
      let s11 = 0;
      let s12 = 0;
      let s13 = 0;
      let p0 = i * aRow;
      let p1 = p0 + aRow;
      let q0 = j * bColumn;
      let q1 = q0 + bColumn;
      let q2 = q1 + bColumn;
      let q3 = q2 + bColumn;
      for (let t = 0; t < k; t++) {
        const a0 = a[p0];
        const a1 = a[p1];
        const b0 = b[q0];
        const b1 = b[q1];
        const b2 = b[q2];
        const b3 = b[q3];
        s00 += a0 * b0;
        s01 += a0 * b1;
        s02 += a0 * b2;
        s03 += a0 * b3;
        s10 += a1 * b0;
        s11 += a1 * b1;
        s12 += a1 * b2;
        s13 += a1 * b3;
        p0 += aColumn;
        p1 += aColumn;
        q0 += bRow;
        q1 += bRow;
        q2 += bRow;
        q3 += bRow;
      }
      const o0 = i * n + j;
      const o1 = o0 + n;
      out[o0] = s00;
      out[o0 + 1] = s01;
      out[o0 + 2] = s02;
      out[o0 + 3] = s03;
      out[o1] = s10;
      out[o1 + 1] = s11;
      out[o1 + 2] = s12;
      out[o1 + 3] = s13;
    }
  }
  // What the blocks leave over: the last columns of all rows, then the last row.
  dotProducts(out, a, aRow, aColumn, b, bRow, bColumn, 0, m, evenN, n, n, k);
  dotProducts(out, a, aRow, aColumn, b, bRow, bColumn, evenM, m, 0, evenN, n, k);
}

function dotProducts(out, a, aRow, aColumn, b, bRow, bColumn, iFrom, iTo, jFrom, jTo, n, k) {
  for (let i = iFrom; i < iTo; i++) {
    for (let j = jFrom; j < jTo; j++) {
      let sum = 0;
      for (let t = 0; t < k; t++) sum += a[i * aRow + t * aColumn] * b[t * bRow + j * bColumn];
      out[i * n + j] = sum;
    }
  }
}
