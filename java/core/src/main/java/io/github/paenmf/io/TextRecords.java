package io.github.paenmf.io;

/** Keeps records as text. */
final class TextRecords extends RecordHandler<TextRecord> {

    private final boolean decimalComma;
    private TextRecord record;

    TextRecords(char delimiter, boolean decimalComma) {
        super(0, delimiter);
        this.decimalComma = decimalComma;
    }

    @Override
    void begin() {
        record = new TextRecord(line(), decimalComma);
    }

    @Override
    void cell(char[] buffer, int offset, int length, boolean quoted) {
        record.add(buffer, offset, length, quoted);
    }

    @Override
    protected TextRecord buildRecord() {
        return record;
    }
}
