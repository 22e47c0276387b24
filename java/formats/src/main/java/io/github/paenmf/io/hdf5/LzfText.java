package io.github.paenmf.io.hdf5;

import io.jhdf.api.Dataset;
import io.jhdf.api.dataset.ChunkedDataset;
import io.jhdf.dataset.DatasetReader;
import io.jhdf.filter.LzfFilter;
import io.jhdf.filter.PipelineFilterWithData;
import io.jhdf.storage.HdfBackingStorage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * Lists of text of any length that are compressed with LZF. HDF5 lets filters note the size of a chunk only where
 * elements are of fixed length; of text of any length it keeps no such note, without which the library cannot decode.
 */
final class LzfText {

    private static final LzfFilter LZF = new LzfFilter();

    private LzfText() {}

    static boolean matches(Dataset data) {
        List<PipelineFilterWithData> filters = data.getFilters();
        return data instanceof ChunkedDataset
                && data.isVariableLength()
                && data.getDimensionsAsLong().length == 1
                && filters.size() == 1
                && filters.get(0).getId() == LZF.getId()
                && filters.get(0).getFilterData().length < 3;
    }

    /** The text, as the library gives it. */
    static Object read(Dataset data) {
        ChunkedDataset chunked = (ChunkedDataset) data;
        HdfBackingStorage storage = data.getHdfFile().getHdfBackingStorage();
        int length = data.getDimensions()[0];
        int elementBytes = data.getDataType().getSize();
        int chunk = chunked.getChunkDimensions()[0];
        int chunkBytes = Math.multiplyExact(chunk, elementBytes);
        ByteBuffer references = ByteBuffer.allocate(Math.multiplyExact(length, elementBytes));
        for (int from = 0; from < length; from += chunk) {
            ByteBuffer raw = chunked.getRawChunkBuffer(new int[] {from});
            byte[] encoded = new byte[raw.remaining()];
            raw.get(encoded);
            byte[] decoded = LZF.decode(encoded, new int[] {0, 0, chunkBytes});
            references.put(decoded, 0, Math.min(chunk, length - from) * elementBytes);
        }
        references.flip();
        return DatasetReader.readDataset(
                data.getDataType(), references.order(ByteOrder.LITTLE_ENDIAN), new int[] {length}, storage);
    }
}
