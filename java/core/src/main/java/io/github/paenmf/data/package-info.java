/**
 * Data, one sample per row: {@link io.github.paenmf.data.Matrix} where most values are stored, {@link
 * io.github.paenmf.data.SparseMatrix} where most are 0, and {@link io.github.paenmf.data.PagedRows} where they are larger than
 * memory. All are a {@link io.github.paenmf.data.RowSource}, which every fit takes. Values are float; a missing one is NaN.
 *
 * <pre>{@code
 * Matrix data = Matrix.of(new float[][] {{1, 0, 2}, {0, 3, 1}})
 *         .withNames(List.of("first", "second"), List.of("a", "b", "c"));
 * SparseMatrix sparse = SparseMatrix.of(data);
 * long stored = sparse.nonzeros(); // 4
 * }</pre>
 */
package io.github.paenmf.data;
