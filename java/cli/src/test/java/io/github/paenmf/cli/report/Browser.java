package io.github.paenmf.cli.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.openqa.selenium.By;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/** A headless Chromium that shows one page at a time. */
final class Browser implements AutoCloseable {

    private static final Path SCREENSHOTS = Path.of("target", "screenshots");

    private final ChromeDriver driver;

    private Browser(ChromeDriver driver) {
        this.driver = driver;
    }

    /** Starts it. Where there is none, the test is skipped, or fails if this is a run of CI. */
    static Browser start() {
        Optional<File> browser = onPath("chromium", "chromium-browser", "google-chrome");
        Optional<File> driver = onPath("chromedriver");
        if (browser.isEmpty() || driver.isEmpty()) {
            String message = "there is no chromium with chromedriver on PATH: reports are not tested in a browser."
                    + " Install Debian's chromium and chromium-driver.";
            if (Boolean.parseBoolean(System.getenv("CI"))) {
                fail(message);
            }
            abort(message);
        }
        Logger.getLogger("org.openqa.selenium").setLevel(Level.SEVERE);
        ChromeOptions options = new ChromeOptions();
        options.setBinary(browser.orElseThrow());
        // Chromium refuses its sandbox to root, who runs the tests in containers; the pages are our own.
        options.addArguments(
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--hide-scrollbars",
                "--force-device-scale-factor=1");
        LoggingPreferences logging = new LoggingPreferences();
        logging.enable(LogType.BROWSER, Level.ALL);
        options.setCapability(ChromeOptions.LOGGING_PREFS, logging);
        ChromeDriverService service = new ChromeDriverService.Builder()
                .usingDriverExecutable(driver.orElseThrow())
                .build();
        return new Browser(new ChromeDriver(service, options));
    }

    private static Optional<File> onPath(String... names) {
        return Arrays.stream(names)
                .flatMap(name -> Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                        .map(folder -> new File(folder, name)))
                .filter(File::canExecute)
                .findFirst();
    }

    /** Sets the size of the window and the colours the user prefers; a width below 600 is a phone's. */
    Browser as(int width, int height, String scheme) {
        driver.executeCdpCommand(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", width < 600));
        driver.executeCdpCommand(
                "Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
        return this;
    }

    /** Opens a report, which is drawn by the time it is loaded. */
    Browser open(Path file) {
        driver.get(file.toUri().toString());
        assertNotNull(script("return document.documentElement.dataset.ready"), "the page's script did not end");
        return this;
    }

    /** Lets the browser draw what has changed. */
    void frame() {
        driver.executeAsyncScript(
                "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(done))");
    }

    /** Waits until something is so: what a link or the address asks for is shown later. */
    void until(String condition) {
        driver.executeAsyncScript("const done = arguments[0];" + " const look = () => " + condition
                + " ? done() : requestAnimationFrame(look); look()");
    }

    Object script(String script, Object... arguments) {
        return driver.executeScript(script, arguments);
    }

    long number(String script) {
        return ((Number) script(script)).longValue();
    }

    WebElement find(String selector) {
        return driver.findElement(By.cssSelector(selector));
    }

    List<WebElement> all(String selector) {
        return driver.findElements(By.cssSelector(selector));
    }

    String text(String selector) {
        return find(selector).getText();
    }

    /** As they are seen, all by one question: that of each element takes its time. */
    List<String> texts(String selector) {
        List<?> texts = (List<?>) script(
                "return [...document.querySelectorAll(arguments[0])]"
                        + ".map(e => e.checkVisibility() ? e.innerText.replaceAll('\\u00a0', ' ').trim() : '')",
                selector);
        return texts.stream().map(String.class::cast).toList();
    }

    void click(String selector) {
        find(selector).click();
    }

    /** Presses keys, one after the other, wherever the focus is. */
    void press(String keys) {
        new Actions(driver).sendKeys(keys).perform();
    }

    /** The pixels of a canvas, as text to compare. */
    String canvas(String selector) {
        return (String) script("return document.querySelector(arguments[0]).toDataURL()", selector);
    }

    /** Nothing was complained of since the last time, by the page or about its policy. */
    void assertNoComplaints() {
        List<String> complaints = driver.manage().logs().get(LogType.BROWSER).getAll().stream()
                .map(LogEntry::getMessage)
                .toList();
        assertEquals(List.of(), complaints);
    }

    /** Keeps a picture of the whole page for people to look at. */
    void screenshot(String name) {
        long height = number("return document.documentElement.scrollHeight");
        long width = number("return document.documentElement.clientWidth");
        Map<String, Object> picture = driver.executeCdpCommand(
                "Page.captureScreenshot",
                Map.of(
                        "captureBeyondViewport",
                        true,
                        "clip",
                        Map.of("x", 0, "y", 0, "width", width, "height", height, "scale", 1)));
        try {
            Files.createDirectories(SCREENSHOTS);
            Files.write(SCREENSHOTS.resolve(name + ".png"), OutputType.BYTES.convertFromBase64Png((String)
                    picture.get("data")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        driver.quit();
    }
}
