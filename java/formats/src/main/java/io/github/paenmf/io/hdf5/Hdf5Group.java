package io.github.paenmf.io.hdf5;

import io.github.paenmf.data.DataException;
import io.jhdf.AbstractNode;
import io.jhdf.CommittedDatatype;
import io.jhdf.api.Attribute;
import io.jhdf.api.Dataset;
import io.jhdf.api.Group;
import io.jhdf.api.Link;
import io.jhdf.api.Node;
import io.jhdf.object.message.DataTypeMessage;
import java.util.Collection;
import java.util.Map;

/**
 * A group, by its path. Where the library cannot open the group because of one member, the others are opened one by
 * one, so that only whoever asks for that member gets an error, which names it.
 */
final class Hdf5Group {

    private final Hdf5Tree tree;
    private final Group group;
    /** Ends in no slash. */
    private final String path;
    /** Addresses of members, if the library cannot open all of them; else null. */
    private final Map<String, Long> members;

    Hdf5Group(Hdf5Tree tree, Group group, String path) {
        this.tree = tree;
        this.group = group;
        this.path = path;
        this.members = opensAtOnce(group)
                ? null
                : Hdf5Tree.reading(path + "/", () -> Links.of(tree.storage(), group.getAddress()));
    }

    private static boolean opensAtOnce(Group group) {
        try {
            group.getChildren();
            return true;
        } catch (RuntimeException | OutOfMemoryError e) { // whatever a member leads to; asking for it leads there again
            return false;
        }
    }

    String path() {
        return path;
    }

    String path(String name) {
        return path + "/" + name;
    }

    Collection<String> names() {
        return members == null ? group.getChildren().keySet() : members.keySet();
    }

    boolean has(String name) {
        return names().contains(name);
    }

    /** Whether there is a group of this name. */
    boolean hasGroup(String name) {
        return has(name) && node(name) instanceof Group;
    }

    /** Whether there is a data set of this name that has some shape. */
    boolean hasArray(String name) {
        return has(name) && node(name) instanceof Dataset;
    }

    private Node node(String name) {
        String at = path(name);
        return Hdf5Tree.reading(at, () -> {
            Node node = members == null ? group.getChild(name) : tree.file().getNodeByAddress(members.get(name));
            return node instanceof Link link ? link.getTarget() : node;
        });
    }

    /**
     * A group in this one.
     *
     * @throws DataException if there is none
     */
    Hdf5Group group(String name) {
        if (!hasGroup(name)) {
            throw new DataException(
                    "there is no group " + path(name) + " in it; " + path + "/ has " + Messages.list(names()));
        }
        return new Hdf5Group(tree, (Group) node(name), path(name));
    }

    /**
     * A data set in this group.
     *
     * @throws DataException if there is none, or none that can be read
     */
    Hdf5Array array(String name) {
        if (!has(name)) {
            throw new DataException(
                    "there is no data set " + path(name) + " in it; " + path + "/ has " + Messages.list(names()));
        }
        Node node = node(name);
        if (!(node instanceof Dataset data)) {
            throw new DataException(path(name) + " should be a data set, but is a "
                    + (node instanceof CommittedDatatype ? "named datatype" : "group"));
        }
        return array(data, path(name));
    }

    private Hdf5Array array(Dataset data, String at) {
        boolean committed = Hdf5Tree.reading(
                at,
                () -> ((AbstractNode) data)
                        .getHeader()
                        .getMessageOfType(DataTypeMessage.class)
                        .isMessageShared());
        if (committed) {
            throw new DataException(at + " has a committed (named) datatype, which cannot be read; write the data set"
                    + " with a plain type");
        }
        return new Hdf5Array(data, at);
    }

    /** The data set that an attribute refers to. */
    Hdf5Array arrayAt(long address, String what) {
        Node node = Hdf5Tree.reading(what, () -> tree.file().getNodeByAddress(address));
        if (!(node instanceof Dataset data)) {
            throw new DataException(what + " should refer to a data set");
        }
        return array(data, what);
    }

    /** What an attribute holds, or null if there is none. */
    Object attribute(String name) {
        return attribute(group, path + "/", name);
    }

    static Object attribute(Node node, String path, String name) {
        return Hdf5Tree.reading("attribute " + name + " of " + path, () -> {
            Attribute attribute = node.getAttribute(name);
            return attribute == null ? null : attribute.getData();
        });
    }

    /** An attribute's text, or an empty one if there is none or it is no text; R writes a list of one. */
    String text(String name) {
        return text(attribute(name));
    }

    static String text(Object attribute) {
        Object value = attribute instanceof Object[] list && list.length == 1 ? list[0] : attribute;
        return value instanceof String text ? text : "";
    }
}
