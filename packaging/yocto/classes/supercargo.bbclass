# What both recipes share: where the sources are, and an executable that nobody may strip.

LICENSE = "Apache-2.0"
LIC_FILES_CHKSUM = "file://${S}/LICENSE;md5=3b83ef96387f14655fc854ddc3c6bd57"

# The repository, and the revision to build. A local clone: git:///path/to/clone;protocol=file;branch=main
SUPERCARGO_URI ??= "git://${LAYERDIR_supercargo}/../..;protocol=file;branch=main"
SRC_URI = "${SUPERCARGO_URI}"
SRCREV ??= "${AUTOREV}"
PV = "0.1.0+git${SRCPV}"
S = "${WORKDIR}/git"

COMPATIBLE_HOST = "(x86_64|aarch64).*-linux.*"

# The program lies behind the end of the ELF file: stripping it, or splitting debugging information off, takes it away.
INHIBIT_PACKAGE_STRIP = "1"
INHIBIT_SYSROOT_STRIP = "1"
INHIBIT_PACKAGE_DEBUG_SPLIT = "1"
INSANE_SKIP:${PN} += "already-stripped ldflags"
