/**
 * Files in and out. {@link io.github.paenmf.io.MatrixReader} finds out the format from what is in a file;
 * {@link io.github.paenmf.io.MatrixWriter} goes by the name. Errors name the file, the row and the column.
 *
 * <pre>{@code
 * ReadOptions options = ReadOptions.defaults().withTranspose(true).withMissing(true);
 * RowSource data = MatrixReader.readData("counts.csv", options); // dense or sparse, as the file is
 * MatrixWriter.write(Path.of("counts.npz"), Matrix.of(data));
 * }</pre>
 */
package io.github.paenmf.io;
