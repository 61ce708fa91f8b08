"""The demo retailer: a made-up seller of specialty coffee, simulated from known processes.

Every room holds one step, read in this order: `world` (period, places, names), `processes` (the
planted truth), `catalogue`, `company`, `customers`, `purchases`, `orders`, `baskets`, `refunds`,
`tables` (the raw contract, spelled with `columns`), `dirt` (planted defects, with the `planter`),
`truth` and `writing`.

On top of the orders stands what else the CRM knows, in `crm`: `consent`, `experiments` (two
changes with a known effect), `support`, `engagement`, `subscriptions`, `loyalty`, `selling` and
`records`; its contract is in `crm_tables`, its defects in `dirt_crm` and the rooms it names, the
customers to erase in `erasure`. Nothing here changes a row of the orders below.
"""
