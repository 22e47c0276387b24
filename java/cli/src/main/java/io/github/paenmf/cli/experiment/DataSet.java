package io.github.paenmf.cli.experiment;

import io.github.paenmf.io.MatrixReader;
import java.nio.file.Path;
import java.util.List;

/** A data set of the paper, or the digits that come with this program, and what is fitted to it. */
public enum DataSet {
    /** CBCL faces, 2429 images of 19 × 19 pixels. */
    FACES("faces.npy", 2429, 361, new Case(81, 1200, 0), new Case(9, 800, 1500)),
    /** Leukaemia gene expression, 38 samples of 5000 genes. */
    GENES("genes.npy", 38, 5000, new Case(3, 500, 1000)),
    /** Prices of the FTSE 100, 94 stocks on 1305 days. */
    PRICES("prices.npy", 94, 1305, new Case(9, 2000, 3000)),
    /** UCI digits, 1797 images of 8 × 8 pixels. */
    DIGITS(MatrixReader.DEMO_DIGITS, 1797, 64, new Case(16, 1000, 0));

    /**
     * A rank to fit.
     *
     * @param epochs of adam, and of all other algorithms but variational NMF
     * @param gdEpochs of the paper's gradient descent, or 0 to leave it out
     */
    public record Case(int rank, int epochs, int gdEpochs) {}

    private final String file;
    private final int rows;
    private final int features;

    @SuppressWarnings("ImmutableEnumChecker") // made by List.of
    private final List<Case> cases;

    DataSet(String file, int rows, int features, Case... cases) {
        this.file = file;
        this.rows = rows;
        this.features = features;
        this.cases = List.of(cases);
    }

    /** Whether it comes with this program. */
    public boolean isBundled() {
        return this == DIGITS;
    }

    /** What to give {@link MatrixReader}. */
    public String source(Path folder) {
        return isBundled() ? file : folder.resolve(file).toString();
    }

    /** n. */
    public int rows() {
        return rows;
    }

    /** m. */
    public int features() {
        return features;
    }

    /** What is fitted; figures show the first. */
    public List<Case> cases() {
        return cases;
    }
}
