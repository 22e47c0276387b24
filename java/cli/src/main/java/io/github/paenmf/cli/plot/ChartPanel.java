package io.github.paenmf.cli.plot;

import java.awt.Graphics2D;
import org.knowm.xchart.internal.chartpart.Chart;

/** A chart of XChart's as a panel. */
record ChartPanel(Chart<?, ?> chart, int width, int height) implements Panel {

    @Override
    public void paint(Graphics2D graphics) {
        // Else its lines reach over the axes where an axis does not span all data.
        graphics.setClip(0, 0, width, height);
        chart.paint(graphics, width, height);
        graphics.setClip(null);
    }
}
