SUMMARY = "Keeps the containers of a device running"
DESCRIPTION = "Supercargo's container manager with its command lines: a drop-in successor of Eclipse Kanto Container Management"

inherit supercargo systemd useradd

# The build takes its packages from npm: a build without network needs an npm mirror in npm's own configuration.
DEPENDS = "nodejs-native"
do_compile[network] = "1"

SUPERCARGO_ARCH:x86-64 = "x64-baseline"
SUPERCARGO_ARCH:aarch64 = "arm64"
SUPERCARGO_TARGET = "${SUPERCARGO_ARCH}"
SUPERCARGO_TARGET:libc-musl:x86-64 = "x64-musl-baseline"
SUPERCARGO_TARGET:libc-musl:aarch64 = "arm64-musl"

do_compile() {
    cd ${S}
    node scripts/build.mjs --target ${SUPERCARGO_TARGET}
}

do_install() {
    install -d ${D}${prefix}/lib/supercargo ${D}${bindir}
    install -m 0755 ${S}/dist/bin-${SUPERCARGO_TARGET}/supercargo.bin ${D}${prefix}/lib/supercargo/supercargo.bin
    for program in container-management kanto-cm sdv-kanto-ctl supercargo; do
        ln -sf ../lib/supercargo/supercargo.bin ${D}${bindir}/$program
    done

    install -d -m 0711 ${D}${sysconfdir}/container-management
    install -m 0644 ${S}/packaging/config/config.json ${D}${sysconfdir}/container-management/config.json

    install -d ${D}${systemd_system_unitdir}
    install -m 0644 ${S}/packaging/systemd/container-management.service ${D}${systemd_system_unitdir}/
    sed -i -e 's,/usr/bin/,${bindir}/,g' -e 's,/etc/,${sysconfdir}/,g' \
        ${D}${systemd_system_unitdir}/container-management.service
}

FILES:${PN} += "${prefix}/lib/supercargo ${systemd_system_unitdir}"
# Edited on the device, by people and by sdv-kanto-ctl.
CONFFILES:${PN} = "${sysconfdir}/container-management/config.json"

SYSTEMD_SERVICE:${PN} = "container-management.service"
USERADD_PACKAGES = "${PN}"
# Who is in it may use the socket.
GROUPADD_PARAM:${PN} = "--system container-management"

RDEPENDS:${PN} = "virtual-containerd virtual-runc cni nftables iproute2 util-linux-unshare util-linux-nsenter"
RRECOMMENDS:${PN} = "ca-certificates"
