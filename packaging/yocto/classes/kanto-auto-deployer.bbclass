# Folders of manifests. Weak defaults: a distribution's configuration has the last word.

# Where the manifests of the image are installed.
KANTO_MANIFESTS_DIR ??= "/var/containers/manifests"
# The folder that the service keeps deployed; on a partition that survives updates, and made to be edited on the device.
KANTO_MANIFESTS_DEV_DIR ??= "/data/var/containers/manifests"
# Folders of kanto-containers whose manifests go into the image.
KANTO_CONTAINERS ??= "core example"
