#!/usr/bin/env bash
# Spark closes broadcast values and elements of cached RDDs that are AutoCloseable, and may hand out a closed value after that.
#
# When Spark 4.2.0 drops such an object from its memory store, it calls its close(), though no code of the program does
# (2026-11-30, spark-core_2.13 4.2.0, local mode, OpenJDK 17; 4.1.0 does the same). In local mode the object that it closes
# is the very one that the program gave to broadcast(). We saw:
# - unpersist(true) of a broadcast closes nothing on the driver; destroy() closes its value.
# - unpersist(true) of an RDD in memory closes every element; of one serialised in memory (MEMORY_ONLY_SER), none.
# - When memory gets short, a broadcast value is pushed out and closed, though the program has dropped nothing. Where value()
#   had been called before, it went on to give the closed object, in the driver and in a task.
# - Once nothing refers to a Broadcast, its value is closed after a garbage collection, even if the program holds the value.
# - Stopping the context closes a value that is left.
# A program should broadcast or cache no object that it needs after a close(). It can wrap it in one that is not AutoCloseable,
# and close by itself. Where both it and Spark may close an object, close() has to bear being called twice.
#
# Needs a JDK 17 and Maven, and fetches some 220 MB.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat >pom.xml <<'POM'
<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId>
  <artifactId>finding</artifactId>
  <version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.spark</groupId><artifactId>spark-core_2.13</artifactId><version>4.2.0</version></dependency>
  </dependencies>
</project>
POM
mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DoutputDirectory=lib

cat >Held.java <<'JAVA'
import java.util.*;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.*;
import org.apache.spark.storage.StorageLevel;

public class Held implements AutoCloseable, java.io.Serializable {
    static volatile int closes;
    volatile boolean closed;

    public void close() {
        synchronized (Held.class) { closes++; }
        closed = true;
    }

    static void say(String what) {
        System.out.println(what + ": " + closes + " closed");
        closes = 0;
    }

    static void await(Held held, Runnable meanwhile) throws InterruptedException {
        for (int i = 0; i < 300 && !held.closed; i++) {
            meanwhile.run();
            Thread.sleep(100);
        }
    }

    public static void main(String[] arguments) throws InterruptedException {
        JavaSparkContext spark = new JavaSparkContext(new SparkConf());
        Held first = new Held();
        var broadcast = spark.broadcast(first);
        System.out.println("value() is our own object: " + (broadcast.value() == first));
        broadcast.unpersist(true);
        say("broadcast, unpersist");
        broadcast.destroy();
        await(first, () -> { });
        say("broadcast, destroy");

        for (StorageLevel level : List.of(StorageLevel.MEMORY_ONLY(), StorageLevel.MEMORY_ONLY_SER())) {
            JavaRDD<Held> three = spark.parallelize(List.of(1, 2, 3), 3).map(i -> new Held()).persist(level);
            three.count();
            three.unpersist(true);
            say(level.deserialized() ? "RDD, unpersist" : "serialised RDD, unpersist");
        }

        Held second = new Held();
        var crowded = spark.broadcast(second);
        crowded.value(); // without this call, value() gives an open copy below
        List<JavaRDD<byte[]>> large = new ArrayList<>(); // each more than fits into memory
        for (int i = 0; i < 2; i++) {
            large.add(spark.parallelize(Collections.nCopies(16, 1), 16).map(j -> new byte[2 << 20]).cache());
            large.get(i).count();
        }
        say("broadcast, short of memory");
        boolean inTask = spark.parallelize(List.of(1), 1).map(i -> crowded.value().closed).first();
        System.out.println("value() is closed: " + (crowded.value() == second && second.closed) + ", in a task: " + inTask);
        large.forEach(rdd -> rdd.unpersist(true));

        Held third = new Held();
        spark.broadcast(third);
        await(third, System::gc);
        say("broadcast, nothing refers to it");

        spark.broadcast(new Held());
        spark.stop();
        say("broadcast, stop");
    }
}
JAVA
javac -cp 'lib/*' -d . Held.java
seen=$(timeout 300 java -Xmx512m --add-opens java.base/java.nio=ALL-UNNAMED --add-opens java.base/java.lang.invoke=ALL-UNNAMED \
  --add-opens java.base/java.util=ALL-UNNAMED -Dspark.master='local[1]' -Dspark.app.name=finding -Dspark.ui.enabled=false \
  -Dspark.driver.host=localhost -Dspark.local.dir="$folder" -Dspark.memory.fraction=0.1 -cp 'lib/*:.' \
  Held 2>log) || { cat log; exit 1; } >&2
echo "$seen"
expected='value() is our own object: true
broadcast, unpersist: 0 closed
broadcast, destroy: 1 closed
RDD, unpersist: 3 closed
serialised RDD, unpersist: 0 closed
broadcast, short of memory: 1 closed
value() is closed: true, in a task: true
broadcast, nothing refers to it: 1 closed
broadcast, stop: 1 closed'
[[ $seen == "$expected" ]] || { echo "this is not what was seen before:"; echo "$expected"; exit 1; } >&2
