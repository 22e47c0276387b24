package io.github.paenmf.cli;

import io.github.paenmf.cli.table.BasisTable;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.MatrixReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Factors as commands write them, to read again. */
final class FactorFile {

    /** How {@code basis} names the weights of a component where it writes more of them. */
    private static final String VALUE = "." + BasisTable.VALUE;

    private FactorFile() {}

    /**
     * A basis, features × components, as {@code basis} writes it: of a table with more of each weight than its value, the
     * values.
     *
     * @throws DataException if it is not one of finite numbers of at least 0; the message starts with the file
     */
    static Matrix basis(String file) throws IOException {
        return Input.naming(file, () -> {
            Matrix table = MatrixReader.read(file);
            List<Integer> values = new ArrayList<>();
            List<String> components = new ArrayList<>();
            for (int j = 0; j < table.columnNames().size(); j++) {
                String name = table.columnNames().get(j);
                if (name.endsWith(VALUE)) {
                    values.add(j);
                    components.add(name.substring(0, name.length() - VALUE.length()));
                }
            }
            Matrix basis = values.isEmpty()
                    ? table
                    : table.selectColumns(
                                    values.stream().mapToInt(Integer::intValue).toArray())
                            .withNames(table.rowNames(), components);
            return basis.requireNonNegative();
        });
    }

    /**
     * Coefficients, rows × components, as {@code fit --coefficients} writes those of standard NMF.
     *
     * @throws DataException if they are not finite numbers of at least 0; the message starts with the file
     */
    static Matrix coefficients(String file) throws IOException {
        return Input.naming(file, () -> MatrixReader.read(file).requireNonNegative());
    }
}
