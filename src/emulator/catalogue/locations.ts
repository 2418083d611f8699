import type { Location } from '../../hetzner/wire/locations.ts';

type Row = readonly [number, string, string, string, string, number, number, string, string];
/** docs.hetzner.com, locations; the last column is the data centre of the removed /datacenters. */
const rows: readonly Row[] = [
  [1, 'fsn1', 'Falkenstein DC Park 1', 'DE', 'Falkenstein', 50.47612, 12.370071, 'eu-central', 'fsn1-dc14'],
  [2, 'nbg1', 'Nuremberg DC Park 1', 'DE', 'Nuremberg', 49.452102, 11.076665, 'eu-central', 'nbg1-dc3'],
  [3, 'hel1', 'Helsinki DC Park 1', 'FI', 'Helsinki', 60.169855, 24.938379, 'eu-central', 'hel1-dc2'],
  [4, 'ash', 'Ashburn, VA', 'US', 'Ashburn, VA', 39.045821, -77.487073, 'us-east', 'ash-dc1'],
  [5, 'hil', 'Hillsboro, OR', 'US', 'Hillsboro, OR', 45.54222, -122.951924, 'us-west', 'hil-dc1'],
  [6, 'sin', 'Singapore', 'SG', 'Singapore', 1.283333, 103.833333, 'ap-southeast', 'sin-dc1'],
];

export const locations: readonly Location[] = rows.map(
  ([id, name, description, country, city, latitude, longitude, network_zone]) => ({
    id,
    name,
    description,
    country,
    city,
    latitude,
    longitude,
    network_zone,
  }),
);
export const euLocations: readonly string[] = ['fsn1', 'nbg1', 'hel1'];
export const allLocations: readonly string[] = locations.map((location) => location.name);

/** Name of a location's data centre, e.g. `nbg1-dc3`: still the availability zone in the metadata service. */
export const datacenterName = (location: string): string => rows.find((row) => row[1] === location)?.[8] ?? location;
