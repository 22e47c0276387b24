package io.github.paenmf.cli.report;

import static java.util.Map.entry;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.jr.ob.JSON;
import io.github.paenmf.io.AtomicFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The page around the data: everything in one file that asks nothing of the network. */
final class Page {

    private static final Pattern SLOT = Pattern.compile("@@([A-Z_]+)@@");

    /** The files of each kind's script, which share a scope. */
    private static final Map<String, List<String>> SCRIPTS = Map.of(
            "report",
            List.of("model.js", "parts.js", "covariates.js", "component.js", "report.js"),
            "comparison",
            List.of("comparison.js"));

    private Page() {}

    /**
     * Writes a page; a file that is there is replaced once the new one is complete.
     *
     * @param kind which page: the name of its HTML
     * @param title as it is to be read
     * @param content the data, as JSON has them
     */
    static void save(Path file, String kind, String title, String version, Map<String, Object> content)
            throws IOException {
        JsonFactory ascii =
                JsonFactory.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();
        String json = JSON.builder(ascii)
                .enable(JSON.Feature.WRITE_NULL_PROPERTIES)
                .build()
                .asString(Visible.of((Object) content));
        byte[] page = of(kind, title, version, json).getBytes(StandardCharsets.UTF_8);
        AtomicFile.write(file, out -> out.write(page));
    }

    private static String of(String kind, String title, String version, String json) {
        String library = resource("uplot.js");
        String common = resource("common.js");
        String script = SCRIPTS.get(kind).stream()
                .map(Page::resource)
                .collect(Collectors.joining("\n", "\"use strict\";\n(() => {\n", "})();\n"));
        String libraryStyle = resource("uplot.css");
        String style = resource("report.css");
        Map<String, String> slots = Map.ofEntries(
                entry("TITLE", escape(title)),
                entry("VERSION", escape(version)),
                entry("UPLOT_CSS", libraryStyle),
                entry("CSS", style),
                entry("UPLOT_LICENSE", resource("uplot.LICENSE")),
                entry("UPLOT_JS", library),
                entry("COMMON_JS", common),
                entry("JS", script),
                entry("SCRIPT_HASHES", hashes(List.of(library, common, script))),
                entry("STYLE_HASHES", hashes(List.of(libraryStyle, style))),
                // '<' occurs in texts alone, where it could end the element or begin a comment
                entry("DATA", json.replace("<", "\\u003c")));
        Matcher matcher = SLOT.matcher(resource(kind + ".html"));
        return matcher.replaceAll(slot -> Matcher.quoteReplacement(slots.get(slot.group(1))));
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }

    /** What lets a browser that heeds the page's policy run these and nothing else. */
    private static String hashes(List<String> contents) {
        return contents.stream()
                .map(content -> "'sha256-" + Base64.getEncoder().encodeToString(sha256(content)) + "'")
                .collect(Collectors.joining(" "));
    }

    private static byte[] sha256(String content) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(content.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private static String resource(String name) {
        try (InputStream in = Page.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
