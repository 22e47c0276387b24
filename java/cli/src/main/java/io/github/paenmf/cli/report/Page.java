package io.github.paenmf.cli.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
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

    private Page() {}

    /**
     * Fills the page.
     *
     * @param title as it is to be read
     * @param json the data, an object
     */
    static String of(String title, String version, String json) {
        String library = resource("uplot.js");
        String script = resource("report.js");
        String libraryStyle = resource("uplot.css");
        String style = resource("report.css");
        Map<String, String> slots = Map.of(
                "TITLE", escape(title),
                "VERSION", escape(version),
                "UPLOT_CSS", libraryStyle,
                "CSS", style,
                "UPLOT_LICENSE", resource("uplot.LICENSE"),
                "UPLOT_JS", library,
                "JS", script,
                "SCRIPT_HASHES", hashes(List.of(library, script)),
                "STYLE_HASHES", hashes(List.of(libraryStyle, style)),
                // '<' occurs in texts alone, where it could end the element or begin a comment
                "DATA", json.replace("<", "\\u003c"));
        Matcher matcher = SLOT.matcher(resource("report.html"));
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
