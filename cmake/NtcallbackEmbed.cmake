# SPDX-License-Identifier: MIT
#
# cmake -DFROM=<text file> -DTO=<header> -DNAME=<name> -P: the text as a constant of that name, with its NUL.

file(READ "${FROM}" bytes HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
string(REPLACE "0x0a," "0x0a,\n" bytes "${bytes}")
cmake_path(GET FROM FILENAME file)
file(WRITE "${TO}" "/* Generated from ${file}. */\nstatic const char ${NAME}[] = {\n${bytes}0x00};\n")
