package io.github.paenmf.spark;

import io.github.paenmf.train.RowPart;
import java.io.DataInput;
import java.io.IOException;
import java.io.Serializable;

/** Makes on an executor what makes sums there: it has the settings of the fit, and reads the rest. */
interface PartReader extends Serializable {

    RowPart read(DataInput in) throws IOException;
}
