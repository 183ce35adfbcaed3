import { readFileSync } from 'node:fs';

const document = JSON.parse(readFileSync(new URL('./tiers.json', import.meta.url), 'utf8'));

/** The rate (tokens a second) and capacity (tokens) of a tenant's tier. */
export function quotaOf(tenant) {
  const tier = document.tiers[document.tenants[tenant] ?? document.default];
  return { rate: tier.ratePerSecond, capacity: tier.ratePerSecond * tier.burstMultiplier };
}
