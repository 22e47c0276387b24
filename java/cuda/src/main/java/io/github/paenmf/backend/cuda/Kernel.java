package io.github.paenmf.backend.cuda;

import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.JCudaDriver;

/**
 * The kernels and the types of their parameters, in order: p a pointer, i a 32-bit and l a 64-bit
 * integer, d a double, and the structs w WeibullConstants, a UpdateArguments, u UpdateConstants.
 */
enum Kernel {
    WEIBULL_STEP("weibull_step", "pppppp" + "liiiwlpipp"),
    WEIBULL_STEP_WIDE("weibull_step_wide", "pppppp" + "liiwlpipp"),
    HEAD_NORMS("head_norms", "ppiiiup"),
    UPDATE_PROJECT("update_project", "auii"),
    UPDATE_PROJECT_WIDE("update_project_wide", "aui"),
    SLICED_PROJECT("sliced_project", "piiiiippp"),
    SLICED_ROWS("sliced_rows", "ppipiiiiwlpppppp"),
    SLICED_UPDATE("sliced_update", "aupiiipppp"),
    SLICED_WINDOW("sliced_window", "auwlpiiiiipppppdi"),
    HALS_WINDOW("hals_window", "piiiiiidpp" + "iippppppp" + "ii"),
    VB_WINDOW("vb_window", "piiiiid" + "pppppppp" + "iipppppppp" + "iiiddi"),
    HIDDEN_FORWARD("hidden_forward", "pidppii" + "ipi"),
    HIDDEN_BACKWARD("hidden_backward", "ppiii" + "ipip"),
    UPDATE_LAYER("update_layer", "ppppp" + "iiiddp"),
    UPDATE_VARIANCE("update_variance", "pppididp"),
    WEIBULL_HEADS("weibull_heads", "pipppiiw"),
    WEIBULL_SAMPLE("weibull_sample", "ppppp" + "liilii"),
    WEIBULL_KL("weibull_kl", "pppplw"),
    WEIBULL_BACKWARD("weibull_backward", "ppppppiiw"),
    COLUMN_SUMS("column_sums", "piiip"),
    PROJECT_NONNEGATIVE("project_nonnegative", "piii"),
    GATHER_ROWS("gather_rows", "pppii"),
    SQUARED_ERROR("squared_error", "pipiidp"),
    MULTIPLICATIVE_UPDATE("multiplicative_update", "pppl" + "iipdd"),
    HALS_UPDATE("hals_update", "pppiiiipdd"),
    INNER_PRODUCT("inner_product", "pplp"),
    PENALTY_SUMS("penalty_sums", "piipddip"),
    MULTIPLY_3XTF32("multiply_3xtf32", "pipipiiiiidi"),
    MULTIPLY_TRANSPOSE_3XTF32("multiply_transpose_3xtf32", "pipipiiiiidi"),
    SUM_PRODUCTS("sum_products", "pipiiii"),
    GRAM_FORM("gram_form", "piipiiippi"),
    POSTERIOR_SWEEP("posterior_sweep", "ppppppp" + "ii"),
    POSTERIOR_SWEEP_WIDE("posterior_sweep_wide", "ppppppp" + "iii"),
    SCALE_VALUES("scale_values", "ppdl"),
    AVERAGE_VALUES("average_values", "pppdlpl"),
    STEP_SUMS("step_sums", "ppppipll"),
    SCATTER_ROWS("scatter_rows", "pppii"),
    ADD_VARIANCES("add_variances", "pppi"),
    COLD_START("cold_start", "pppii"),
    ADD_SUMS("add_sums", "piiipi"),
    POSTERIOR_PARAMETERS("posterior_parameters", "pppi"),
    UPDATE_PRIORS("update_priors", "pppipppiilliidd"),
    SETTLE_ROWS("settle_rows", "pppppiidi"),
    SPARSE_PROJECT("sparse_project", "ppppiipiidpi"),
    COUNT_COLUMNS("count_columns", "pppiiiip"),
    COUNT_BEFORE("count_before", "piip"),
    COLUMN_STARTS("column_starts", "pi"),
    ORDER_COLUMNS("order_columns", "ppppiiiipppp"),
    SPARSE_ACCUMULATE("sparse_accumulate", "pppiipiidipip"),
    JOIN_PIECES("join_pieces", "piipiipi"),
    EXACT_GRAM("exact_gram", "piiip"),
    SPARSE_SQUARED_ERROR("sparse_squared_error", "ppppiidpippiip");

    private final String function;
    private final String parameters;

    Kernel(String function, String parameters) {
        this.function = function;
        this.parameters = parameters;
    }

    /** Its name in the source. */
    String function() {
        return function;
    }

    /** The function of a module that has it. */
    CUfunction in(CUmodule module) {
        CUfunction loaded = new CUfunction();
        CudaContext.check(JCudaDriver.cuModuleGetFunction(loaded, module, function), "cuModuleGetFunction " + function);
        return loaded;
    }

    /** A letter a parameter. */
    String parameters() {
        return parameters;
    }
}
