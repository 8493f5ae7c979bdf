"""Writes files into a C file, so that the program needs none beside it: embed.py OUTPUT HEADER NAME FILE [NAME FILE ...]"""
import sys


def main(output, header, names, paths):
    with open(output, "w", encoding="utf-8") as out:
        out.write('#include "%s"\n' % header)
        for name, path in zip(names, paths):
            with open(path, "rb") as file:
                content = file.read()
            values = ",".join(str(byte) for byte in content)
            out.write("\nconst unsigned char %s[] = {%s};\n" % (name, values))
            out.write("const size_t %s_LENGTH = %d;\n" % (name, len(content)))


main(sys.argv[1], sys.argv[2], sys.argv[3::2], sys.argv[4::2])
