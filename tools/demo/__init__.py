"""The demo retailer: a made-up seller of specialty coffee, simulated from known processes.

Every room holds one step, read in this order: `world` (period, places, names), `processes` (the
planted truth), `catalogue`, `company`, `customers`, `purchases`, `orders`, `baskets`, `refunds`,
`tables` (the raw contract), `dirt` (planted defects), `truth` and `writing`.
"""
