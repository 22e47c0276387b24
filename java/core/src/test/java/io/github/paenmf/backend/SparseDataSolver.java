package io.github.paenmf.backend;

import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.model.StateVisitor;
import java.util.List;

/** A solver that is given all data in sparse form, whatever form they have: for tests of solvers of sparse data. */
public final class SparseDataSolver<P> implements Solver<P> {

    private final Solver<P> solver;
    private RowSource given;
    private SparseMatrix sparse;

    /**
     * @param solver of sparse data
     */
    public SparseDataSolver(Solver<P> solver) {
        this.solver = solver;
    }

    /** The same problem with sparse data. */
    public static PaeProblem sparse(PaeProblem p) {
        return new PaeProblem(p.configuration(), p.rows(), p.features(), p.dataScale(), p.rates(), true);
    }

    /** The same problem with sparse data. */
    public static NmfProblem sparse(NmfProblem p) {
        return new NmfProblem(
                p.algorithm(),
                p.rows(),
                p.features(),
                p.rank(),
                p.dataScale(),
                true,
                p.mask(),
                p.ofCoefficients(),
                p.ofBasis());
    }

    /** The same problem with sparse data. */
    public static VbProblem sparse(VbProblem p) {
        return new VbProblem(p.configuration(), p.rows(), p.features(), p.dataScale(), true);
    }

    private RowSource sparse(RowSource data) {
        if (data != given) {
            given = data;
            sparse = SparseMatrix.of(data);
        }
        return sparse;
    }

    private Rows sparse(Rows rows) {
        return new Rows(sparse(rows.data()), rows.order(), rows.from(), rows.count());
    }

    @Override
    public String description() {
        return solver.description();
    }

    @Override
    public int chunkRows() {
        return solver.chunkRows();
    }

    @Override
    public int stepsInFlight() {
        return solver.stepsInFlight();
    }

    @Override
    public DataProducts products(RowSource data) {
        return solver.products(sparse(data));
    }

    @Override
    public void setParameters(P parameters) {
        solver.setParameters(parameters);
    }

    @Override
    public void readParameters(P target) {
        solver.readParameters(target);
    }

    @Override
    public void saveState() {
        solver.saveState();
    }

    @Override
    public void restoreState() {
        solver.restoreState();
    }

    @Override
    public void visitState(StateVisitor visitor) {
        solver.visitState(visitor);
    }

    @Override
    public String kind() {
        return solver.kind();
    }

    @Override
    public void clearSums() {
        solver.clearSums();
    }

    @Override
    public void gram() {
        solver.gram();
    }

    @Override
    public void project(Rows chunk) {
        solver.project(sparse(chunk));
    }

    @Override
    public void rowStage(Rows chunk, int step) {
        solver.rowStage(sparse(chunk), step);
    }

    @Override
    public void residual(Rows chunk) {
        solver.residual(sparse(chunk));
    }

    @Override
    public void accumulate(Rows chunk, double squaredNorm) {
        solver.accumulate(sparse(chunk), squaredNorm);
    }

    @Override
    public void addSums(Sums other) {
        solver.addSums(other);
    }

    @Override
    public Sums readSums() {
        return solver.readSums();
    }

    @Override
    public void update() {
        solver.update();
    }

    @Override
    public List<Objective> takeObjectives() {
        return solver.takeObjectives();
    }

    @Override
    public void close() {
        solver.close();
    }
}
