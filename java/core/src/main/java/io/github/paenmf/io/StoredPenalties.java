package io.github.paenmf.io;

import io.github.paenmf.model.Penalties;
import io.github.paenmf.model.Penalty;
import java.util.LinkedHashMap;
import java.util.Map;

/** Penalties of both factors, among the settings of a fit. */
final class StoredPenalties {

    private static final String OF_COEFFICIENTS = "coefficient_penalty";
    private static final String OF_BASIS = "basis_penalty";

    private StoredPenalties() {}

    /** Nothing if there are none. */
    static void put(Penalties penalties, Map<String, Object> configuration) {
        if (!penalties.isNone()) {
            configuration.put(OF_COEFFICIENTS, stored(penalties.coefficients()));
            configuration.put(OF_BASIS, stored(penalties.basis()));
        }
    }

    private static Map<String, Object> stored(Penalty penalty) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("l1", penalty.l1());
        fields.put("l2", penalty.l2());
        return fields;
    }

    /** None of files without penalties, as earlier ones are. */
    static Penalties of(ModelFields f) {
        return f.has(OF_COEFFICIENTS) || f.has(OF_BASIS)
                ? new Penalties(penalty(f.object(OF_COEFFICIENTS)), penalty(f.object(OF_BASIS)))
                : Penalties.NONE;
    }

    private static Penalty penalty(ModelFields f) {
        return new Penalty(f.number("l1"), f.number("l2"));
    }
}
