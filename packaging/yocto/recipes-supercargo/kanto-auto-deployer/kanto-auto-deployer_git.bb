SUMMARY = "Keeps a folder of container manifests deployed"
DESCRIPTION = "Supercargo's deployer with its service and the image's set of manifests: a drop-in successor of Eclipse Leda's Kanto Auto Deployer"

inherit supercargo systemd kanto-auto-deployer

# The program is a name of the executable that container-management installs.
RDEPENDS:${PN} = "container-management"

do_configure[noexec] = "1"
do_compile[noexec] = "1"

MANIFESTS_SOURCE = "${S}/packaging/yocto/recipes-supercargo/kanto-containers"

do_install() {
    if [ -z "${KANTO_MANIFESTS_DIR}" ] || [ -z "${KANTO_MANIFESTS_DEV_DIR}" ]; then
        echo "KANTO_MANIFESTS_DIR and KANTO_MANIFESTS_DEV_DIR must not be empty" >&2
        exit 1
    fi

    install -d ${D}${bindir}
    ln -sf ../lib/supercargo/supercargo.bin ${D}${bindir}/kanto-auto-deployer

    install -d ${D}${systemd_system_unitdir}/kanto-auto-deployer.service.d
    install -m 0644 ${S}/packaging/systemd/kanto-auto-deployer.service ${D}${systemd_system_unitdir}/
    install -m 0644 ${S}/packaging/systemd/kanto-auto-deployer.service.d/readiness.conf \
        ${D}${systemd_system_unitdir}/kanto-auto-deployer.service.d/
    sed -i -e 's,/usr/bin/,${bindir}/,g' -e 's,/data/var/containers/manifests,${KANTO_MANIFESTS_DEV_DIR},g' \
        ${D}${systemd_system_unitdir}/kanto-auto-deployer.service

    install -d ${D}${KANTO_MANIFESTS_DIR} ${D}${KANTO_MANIFESTS_DEV_DIR}
    for folder in ${KANTO_CONTAINERS}; do
        for manifest in ${MANIFESTS_SOURCE}/$folder/*.json ${MANIFESTS_SOURCE}/$folder/*.json.disabled; do
            # A pattern that nothing matches stands for itself.
            [ -f "$manifest" ] || continue
            install -m 0644 "$manifest" ${D}${KANTO_MANIFESTS_DIR}/
        done
    done
}

FILES:${PN} += "${systemd_system_unitdir} ${KANTO_MANIFESTS_DIR} ${KANTO_MANIFESTS_DEV_DIR}"

SYSTEMD_SERVICE:${PN} = "kanto-auto-deployer.service"
