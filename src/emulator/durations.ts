/**
 * How long actions run, in ms. (M): measured by others, see the source; (B): believed. The order of magnitude is what
 * matters: a client that doesn't wait must fail, a client that waits must not wait for nothing.
 */
export const durations: Readonly<Record<string, number>> = {
  /** Creation takes 8-15 s, then the boot (M: hetzner-k3s and CAPH logs of waiting for create_server). */
  create_server: 8_000,
  start_server: 4_000,
  stop_server: 2_000,
  /** Ends when ACPI was sent; the server is off some seconds later. */
  shutdown_server: 1_000,
  reboot_server: 1_000,
  reset_server: 2_000,
  delete_server: 3_000,
  /** (B) */
  rebuild_server: 20_000,
  change_server_type: 30_000,
  create_image: 60_000,
  enable_rescue: 1_000,
  disable_rescue: 1_000,
  reset_password: 2_000,
  attach_to_network: 3_000,
  detach_from_network: 3_000,
  change_alias_ips: 2_000,
  attach_iso: 1_000,
  detach_iso: 1_000,
  enable_backup: 1_000,
  disable_backup: 1_000,
  add_to_placement_group: 1_000,
  remove_from_placement_group: 1_000,
  add_subnet: 1_000,
  delete_subnet: 1_000,
  add_route: 1_000,
  delete_route: 1_000,
  change_ip_range: 1_000,
  set_firewall_rules: 1_000,
  apply_firewall: 1_000,
  remove_firewall: 1_000,
  create_load_balancer: 3_000,
  change_load_balancer_type: 3_000,
  create_volume: 1_000,
  attach_volume: 2_000,
  detach_volume: 2_000,
  resize_volume: 2_000,
  assign_primary_ip: 1_000,
  unassign_primary_ip: 1_000,
  assign_floating_ip: 1_000,
  unassign_floating_ip: 1_000,
  /** Let's Encrypt with a DNS challenge (B). */
  create_certificate: 30_000,
  issue_certificate: 30_000,
  create_zone: 1_000,
  delete_zone: 1_000,
  import_zonefile: 1_000,
  create_rrset: 1_000,
  delete_rrset: 1_000,
  set_rrset_records: 1_000,
  add_rrset_records: 1_000,
  remove_rrset_records: 1_000,
};
/** Commands without a row come back as `success` at once: protections, DNS pointers, services and targets. */
export const durationOf = (command: string): number => durations[command] ?? 0;

/** Not actions: what follows on its own. */
export const delays = {
  /** From ACPI signal to `off`. */
  shutdown: 5_000,
  /** From the end of delete_server to the disappearance of its auto_delete primary IPs (terraform-provider-hcloud #1523). */
  autoDelete: 5_000,
  /** A rescue system that was not booted ends after an hour (docs.hetzner.cloud, enable_rescue). */
  rescue: 3_600_000,
};

/** How fast a world's actions are: `scale` times the table; `shutdown`: ms from ACPI signal to power off by force. */
export interface Pace {
  readonly scale: number;
  readonly shutdown: number;
}
export const hetznerPace: Pace = { scale: 1, shutdown: delays.shutdown };
/** Real machines take their own time: what Hetzner's hosts would need is not waited for, a shutdown is. */
export const dockerPace: Pace = { scale: 1 / 40, shutdown: 30_000 };
