"""Writes the migrations given as files into a C file, so that the program needs no files to set up a store."""
import os
import sys


def main(output, inputs):
    inputs = sorted(inputs, key=os.path.basename)
    with open(output, "w", encoding="utf-8") as out:
        out.write('#include "store/engine/schema_files.h"\n\n')
        for number, path in enumerate(inputs):
            with open(path, "rb") as file:
                values = ",".join(str(byte) for byte in file.read())
            out.write("static const unsigned char FILE_%d[] = {%s,0};\n" % (number, values))
        rows = ", ".join('{"%s", (const char *)FILE_%d}' % (os.path.basename(path), number) for number, path in enumerate(inputs))
        out.write("\nconst struct schema_file SCHEMA_FILES[] = {%s};\n" % rows)
        out.write("const size_t SCHEMA_FILE_COUNT = %d;\n" % len(inputs))


main(sys.argv[1], sys.argv[2:])
