package io.github.paenmf.benchmarks;

import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads what {@code ncu --csv --page raw --print-units base} prints: among lines of its own and of the program a
 * header, a line of units and a line for each launch.
 */
final class KernelMetrics {

    private static final String DURATION = "microseconds";

    /** Of ncu's metrics, under the names that they get in a report. */
    private static final Map<String, String> NAMES = new LinkedHashMap<>();

    static {
        NAMES.put("gpu__time_duration.sum", DURATION);
        NAMES.put("dram__bytes_read.sum", "dramBytesRead");
        NAMES.put("dram__bytes_write.sum", "dramBytesWritten");
        NAMES.put("dram__throughput.avg.pct_of_peak_sustained_elapsed", "dramPercentOfPeak");
        NAMES.put("sm__throughput.avg.pct_of_peak_sustained_elapsed", "smPercentOfPeak");
        NAMES.put("sm__warps_active.avg.pct_of_peak_sustained_active", "activeWarpsPercent");
        NAMES.put("launch__registers_per_thread", "registers");
    }

    private KernelMetrics() {}

    /**
     * Reads.
     *
     * @return one report for each launch; none if nothing was profiled
     */
    static List<Map<String, Object>> read(Path file) throws IOException {
        String text = Files.readString(file);
        int table = text.startsWith("\"ID\"") ? 0 : text.indexOf("\n\"ID\"") + 1;
        List<Map<String, Object>> launches = new ArrayList<>();
        List<String> header = List.of();
        if (table == 0 && !text.startsWith("\"ID\"")) {
            return launches;
        }
        for (CsvRecord line : CsvReader.builder().ofCsvRecord(text.substring(table))) {
            if (header.isEmpty()) {
                header = line.getFields();
            } else if (line.getFieldCount() == header.size()
                    && !line.getField(0).isEmpty()) {
                launches.add(launch(header, line.getFields()));
            }
        }
        return launches;
    }

    private static Map<String, Object> launch(List<String> header, List<String> fields) {
        Map<String, Object> launch = new LinkedHashMap<>();
        launch.put("kernel", fields.get(header.indexOf("Kernel Name")));
        for (Map.Entry<String, String> name : NAMES.entrySet()) {
            int column = header.indexOf(name.getKey());
            launch.put(name.getValue(), column < 0 ? null : number(fields.get(column)));
        }
        if (launch.get(DURATION) instanceof Double nanoseconds) {
            launch.put(DURATION, nanoseconds * 1e-3);
        }
        return launch;
    }

    /** With or without separators of thousands; what is no number, such as {@code n/a}, stays as it is. */
    private static Object number(String field) {
        try {
            return Double.valueOf(field.replace(",", ""));
        } catch (NumberFormatException notANumber) {
            return field;
        }
    }
}
