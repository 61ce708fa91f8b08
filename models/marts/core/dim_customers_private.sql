-- The personal data of each customer, apart from everything else and never published.
select
    customer_key,
    email,
    phone,
    first_name,
    last_name,
    company,
    city,
    postal_code,
    gender,
    birth_date
from {{ ref('int_customers__unified') }}
