/** What `sdv-kanto-ctl --help` says. */

export const HELP = `Edits the configuration of the container management; the rest of the file stays as it is, and a mistake changes nothing.

Usage:
  sdv-kanto-ctl [options] <command> [command options]

Options, before the command:
  -r, --no-reload    Stores the change only; the daemon is not told
  -v, --verbose      Says more
  --config <file>    File to edit (default /etc/container-management/config.json, else config.toml, or KANTO_CONFIG of sdv.conf)
  --show-secrets     Shows passwords, which are *** otherwise
  --ansi             Accepted for compatibility
  --help             Prints this help
  --version          Prints the version

Commands:
  add-registry -h <hostname> -u <username> [-p <password> | --password-stdin | --password-file <path>]
                     Stores the credentials of a registry; without -p the password is asked for
  login -h <hostname> [-u <username> ...] [--check]
                     As add-registry, if the registry takes them; --check only tries them, or those that are stored
  remove-registry -h <hostname>
                     Removes what is configured for a registry
  remove-all-registries
                     Removes what is configured for all registries
  list-registries    Lists configured registries
  show-config        Shows the configuration as JSON
  set-value <key> <value>, set <key> <value>
                     Sets a key to a value of the kind that it has
  get <key>          Shows what the file says about a key
  unset <key>        Removes a key, so that its default holds
  add-entry <key> <value>
                     Adds to a list
  remove-entry <key> <value>
                     Removes from a list

Examples:
  sdv-kanto-ctl add-registry -h ghcr.io -u github -p <YOUR_PAT>
  sdv-kanto-ctl login --check -h ghcr.io
  sdv-kanto-ctl set-value things.enable true
  sdv-kanto-ctl set containers.registry_configurations.reg.example.org:5000.transport.root_ca /etc/ca.crt
  sdv-kanto-ctl add-entry containers.insecure_registries localhost:5000
  sdv-kanto-ctl remove-entry containers.insecure_registries localhost:5000

Exit codes:
  0  done, or nothing to do
  1  a mistake, a refused edit, or the daemon could not be told
`;
