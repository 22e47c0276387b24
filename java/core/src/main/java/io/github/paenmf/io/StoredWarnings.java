package io.github.paenmf.io;

import io.github.paenmf.data.DataException;
import io.github.paenmf.model.Warning;
import io.github.paenmf.model.Warning.Code;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Warnings in a model file: {@code warnings}, the sentences, and beside them {@code warning_codes}, an object for each
 * with its {@code code} and, where it is about some, its {@code components}. Where the first words of the sentences tell
 * all of that there are no codes, as in the files of earlier releases.
 */
final class StoredWarnings {

    private static final String TEXTS = "warnings";
    private static final String CODES = "warning_codes";

    /** How the sentences begin in files without codes. */
    private static final Map<String, Code> FIRST_WORDS = Map.of(
            "rank ", Code.REDUNDANT_RANK,
            "not converged:", Code.NOT_CONVERGED,
            "training diverged:", Code.DIVERGED,
            "dead components,", Code.DEAD_COMPONENTS,
            "not examined", Code.NOT_EXAMINED);

    private static final Pattern COMPONENT = Pattern.compile("component(\\d{1,9})\\b");

    private StoredWarnings() {}

    static void write(List<Warning> warnings, Map<String, Object> metadata) {
        metadata.put(TEXTS, warnings.stream().map(Warning::text).toList());
        if (warnings.stream().anyMatch(warning -> !warning.equals(ofText(warning.text())))) {
            metadata.put(CODES, warnings.stream().map(StoredWarnings::code).toList());
        }
    }

    private static Map<String, Object> code(Warning warning) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("code", ModelFields.name(warning.code()));
        if (!warning.components().isEmpty()) {
            object.put("components", warning.components());
        }
        return object;
    }

    static List<Warning> read(ModelFields metadata) {
        List<String> texts = metadata.texts(TEXTS);
        if (!metadata.has(CODES)) {
            return texts.stream().map(StoredWarnings::ofText).toList();
        }
        List<ModelFields> codes = metadata.objects(CODES);
        if (codes.size() != texts.size()) {
            throw new DataException(metadata.file() + " is damaged: it has " + codes.size() + " " + CODES + " for "
                    + texts.size() + " " + TEXTS);
        }
        List<Warning> warnings = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            ModelFields object = codes.get(i);
            warnings.add(new Warning(
                    code(object.get("code", String.class)),
                    texts.get(i),
                    object.has("components") ? object.integers("components") : List.of()));
        }
        return warnings;
    }

    /** A later release may have others. */
    private static Code code(String name) {
        for (Code code : Code.values()) {
            if (ModelFields.name(code).equals(name)) {
                return code;
            }
        }
        return Code.OTHER;
    }

    private static Warning ofText(String text) {
        Code code = FIRST_WORDS.entrySet().stream()
                .filter(entry -> text.startsWith(entry.getKey()))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse(Code.OTHER);
        List<Integer> components = new ArrayList<>();
        if (code == Code.DEAD_COMPONENTS) {
            Matcher matcher = COMPONENT.matcher(text);
            while (matcher.find()) {
                components.add(Integer.parseInt(matcher.group(1)) - 1);
            }
        }
        return new Warning(code, text, components);
    }
}
