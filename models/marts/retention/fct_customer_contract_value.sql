-- What each customer's contracts are worth: what they bill today, and what they are expected to bill.
with

contracted as (

    select * from {{ ref('int_customers__contracted') }}

)

select
    ---------- ids
    customer_key,

    ---------- texts
    contract_value_status,

    ---------- contracts
    contracts,
    active_contracts,
    trial_contracts,
    probability_contracted_12m,
    {%- for label in contract_horizons() %}
    expected_contract_months_{{ label }},
    {%- endfor %}

    ---------- money
    mrr,
    {%- for label in contract_horizons() %}
    contractual_revenue_next_{{ label }},
    {%- endfor %}
    contractual_revenue_discounted_36m,

    ---------- booleans
    is_pooled_curve,

    ---------- dates
    first_contract_on,
    last_ended_on,
    as_of_date
from contracted
