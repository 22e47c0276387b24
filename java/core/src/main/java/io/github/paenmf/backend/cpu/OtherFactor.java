package io.github.paenmf.backend.cpu;

/** The factor Y of V ≈ X·Yᵀ that stays as it is while X changes: its posterior, by component and entry. */
interface OtherFactor {

    /**
     * Copies the means of a component at some entries.
     *
     * @param target takes {@code count} values
     */
    void means(int component, int[] entries, int count, float[] target);

    /** The same of variances. */
    void variances(int component, int[] entries, int count, float[] target);

    /** A factor that lies in arrays, one row per component. */
    static OtherFactor of(MatrixView means, MatrixView variances) {
        return new OtherFactor() {
            @Override
            public void means(int component, int[] entries, int count, float[] target) {
                copy(means, component, entries, count, target);
            }

            @Override
            public void variances(int component, int[] entries, int count, float[] target) {
                copy(variances, component, entries, count, target);
            }

            private void copy(MatrixView from, int component, int[] entries, int count, float[] target) {
                int row = from.row(component);
                for (int l = 0; l < count; l++) {
                    target[l] = from.data()[row + entries[l]];
                }
            }
        };
    }

    /** A factor of which rows keep their values. */
    static OtherFactor of(RowState means, RowState variances) {
        return new OtherFactor() {
            @Override
            public void means(int component, int[] entries, int count, float[] target) {
                means.copyComponent(component, entries, count, target);
            }

            @Override
            public void variances(int component, int[] entries, int count, float[] target) {
                variances.copyComponent(component, entries, count, target);
            }
        };
    }
}
