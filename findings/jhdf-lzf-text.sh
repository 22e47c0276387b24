#!/usr/bin/env bash
# jHDF 0.13.0 cannot read text of any length that is compressed by LZF, as anndata writes all names with compression="lzf".
#
# HDF5 stores no parameters for a filter of variable-length data, as h5py 3.7 leaves them out, and jHDF's LZF filter
# takes the size of an unpacked chunk from these parameters: asked for such a data set it throws an
# ArrayIndexOutOfBoundsException (2026-11-28, jHDF 0.13.0, h5py 3.7.0 on HDF5 1.10.8, OpenJDK 17). h5py reads it. Numbers
# by the same filter, which has parameters then, are read by both.
#
# Needs Java, Maven, and Debian 12 with python3-numpy, from which it takes h5py without installing it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

apt-get -o APT::Sandbox::User=root download -qq python3-h5py=3.7.0-8 python3-h5py-serial=3.7.0-8 libhdf5-103-1=1.10.8+repack1-1 \
    libhdf5-hl-100=1.10.8+repack1-1 libaec0=1.0.6-1+b1 libsz2=1.0.6-1+b1
for package in *.deb; do dpkg -x "$package" packages; done
libraries=$(find "$PWD/packages/usr/lib" -maxdepth 1 -name '*-linux-gnu')
LD_LIBRARY_PATH=$libraries:$libraries/hdf5/serial PYTHONPATH=$PWD/packages/usr/lib/python3/dist-packages /usr/bin/python3 - <<'PYTHON'
import h5py
import numpy

with h5py.File("lzf.h5", "w") as file:
    text = numpy.array(["a" * 9] * 50, dtype=object)
    file.create_dataset("text", data=text, dtype=h5py.string_dtype(), compression="lzf")
    file.create_dataset("numbers", data=numpy.zeros(50), compression="lzf")
with h5py.File("lzf.h5") as file:
    assert file["text"].asstr()[49] == "a" * 9
print("h5py", h5py.__version__, "reads what it wrote")
PYTHON

cat >pom.xml <<'POM'
<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId>
  <artifactId>finding</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>io.jhdf</groupId>
      <artifactId>jhdf</artifactId>
      <version>0.13.0</version>
    </dependency>
  </dependencies>
</project>
POM
mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DoutputDirectory=lib

cat >Read.java <<'JAVA'
import io.jhdf.HdfFile;
import java.io.File;

class Read {
    public static void main(String[] arguments) {
        try (HdfFile file = new HdfFile(new File("lzf.h5"))) {
            for (String name : new String[] {"numbers", "text"}) {
                String result;
                try {
                    file.getDatasetByPath(name).getData();
                    result = "read";
                } catch (RuntimeException e) {
                    Throwable cause = e;
                    while (cause.getCause() != null) {
                        cause = cause.getCause();
                    }
                    result = cause.getClass().getSimpleName();
                }
                System.out.println(name + ": " + result);
            }
        }
    }
}
JAVA
seen=$(java -cp 'lib/*' Read.java 2>/dev/null)
echo "$seen"
expected='numbers: read
text: ArrayIndexOutOfBoundsException'
[[ $seen == "$expected" ]] || { echo "this is not what was seen before:"; echo "$expected"; exit 1; } >&2
