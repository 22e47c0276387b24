package io.github.paenmf.io.hdf5;

import io.jhdf.Constants;
import io.jhdf.FractalHeap;
import io.jhdf.GroupSymbolTableNode;
import io.jhdf.LocalHeap;
import io.jhdf.ObjectHeader;
import io.jhdf.SymbolTableEntry;
import io.jhdf.Utils;
import io.jhdf.btree.BTreeV1;
import io.jhdf.btree.BTreeV2;
import io.jhdf.btree.record.LinkNameForIndexedGroupRecord;
import io.jhdf.object.message.LinkInfoMessage;
import io.jhdf.object.message.LinkMessage;
import io.jhdf.object.message.SymbolTableMessage;
import io.jhdf.storage.HdfBackingStorage;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Names and addresses of a group's members, without a look at the members: the library opens all of them at once, and
 * fails for the whole group if it cannot understand one, such as a virtual data set. Links within the file are followed
 * by the library alone.
 */
final class Links {

    private Links() {}

    /** Where each member's header is. */
    static Map<String, Long> of(HdfBackingStorage storage, long groupAddress) {
        ObjectHeader header = ObjectHeader.readObjectHeader(storage, groupAddress);
        Map<String, Long> members = new LinkedHashMap<>();
        if (header.hasMessageOfType(SymbolTableMessage.class)) {
            symbols(storage, header.getMessageOfType(SymbolTableMessage.class), members);
            return members;
        }
        LinkInfoMessage info = header.getMessageOfType(LinkInfoMessage.class);
        if (info.getBTreeNameIndexAddress() == Constants.UNDEFINED_ADDRESS) {
            header.getMessagesOfType(LinkMessage.class).forEach(link -> add(link, members));
        } else {
            FractalHeap heap = new FractalHeap(storage, info.getFractalHeapAddress());
            BTreeV2<LinkNameForIndexedGroupRecord> tree = new BTreeV2<>(storage, info.getBTreeNameIndexAddress());
            for (LinkNameForIndexedGroupRecord entry : tree.getRecords()) {
                add(LinkMessage.fromBuffer(heap.getId(entry.getId()), storage.getSuperblock()), members);
            }
        }
        return members;
    }

    private static void symbols(HdfBackingStorage storage, SymbolTableMessage table, Map<String, Long> members) {
        ByteBuffer names = new LocalHeap(storage, table.getLocalHeapAddress()).getDataBuffer();
        for (long child :
                BTreeV1.createGroupBTree(storage, table.getBTreeAddress()).getChildAddresses()) {
            for (SymbolTableEntry entry : new GroupSymbolTableNode(storage, child).getSymbolTableEntries()) {
                names.position(entry.getLinkNameOffset());
                if (entry.getCacheType() != 2) { // a link within the file
                    members.put(Utils.readUntilNull(names), entry.getObjectHeaderAddress());
                }
            }
        }
    }

    private static void add(LinkMessage link, Map<String, Long> members) {
        if (link.getLinkType() == LinkMessage.LinkType.HARD) {
            members.put(link.getLinkName(), link.getHardLinkAddress());
        }
    }
}
