{#
  The raw contract: what every CRM table is called, what its columns are, and what they hold. Types, required flags,
  personal-data tags and the empty relation of a table that is switched off all come from here.

  One line per column: name type [required] [pii] [in a|b|c]
    required  the column must exist, and a row where it is blank or unreadable is rejected
    pii       personal data: masked wherever a row is shown, never published
    in a|b    the accepted values; another value is rejected as `unknown_value`
  Header line: key = primary key, event = the date that places a row in time, required = the table itself must exist.
#}
{% macro raw_contract(table=none) %}
    {%- set text -%}
table customers required key=customer_id
customer_id text required
email text pii
phone text pii
first_name text pii
last_name text pii
birth_date date pii
gender text
country text
region text
city text
postal_code text pii
customer_type text
company text
industry text
acquisition_channel text
acquisition_campaign_id text
sales_rep_id text
referred_by_customer_id text
created_at timestamp
updated_at timestamp
deleted_at timestamp
synced_at timestamp

table orders required key=order_id event=ordered_at
order_id text required
customer_id text
customer_email text pii
ordered_at timestamp required
status text in pending|completed|cancelled|returned|test
cancelled_at timestamp
order_type text in one_off|subscription|replacement
subscription_id text
currency text
order_channel text
campaign_id text
sales_rep_id text
discount_code text
discount_amount money
shipping_amount money
shipping_cost money
tax_amount money
prices_include_tax boolean
payment_method text
payment_fee_amount money
loyalty_redeemed_amount money
total_amount money required
updated_at timestamp
synced_at timestamp

table order_lines key=order_line_id
order_line_id text required
order_id text required
product_id text
quantity quantity required
unit_price price required
discount_amount money
tax_amount money
unit_cost price
line_type text in product|gift_card|fee
updated_at timestamp
synced_at timestamp

table refunds key=refund_id event=refunded_at
refund_id text required
order_id text required
order_line_id text
refunded_at timestamp required
amount money required
tax_amount money
shipping_amount money
quantity quantity
restocked boolean
refund_type text in refund|return|chargeback|cancellation
currency text
reason text
updated_at timestamp
synced_at timestamp

table products key=product_id
product_id text required
sku text
product_name text
category text
subcategory text
list_price price
unit_cost price
currency text
repeatable boolean
active_from date
active_to date
updated_at timestamp
synced_at timestamp

table campaigns key=campaign_id
campaign_id text required
campaign_name text
channel text
objective text in acquire|retain|win_back
started_on date
ended_on date
updated_at timestamp
synced_at timestamp

table campaign_spend key=spend_id event=spend_date
spend_id text required
spend_date date required
campaign_id text
channel text
amount money required
currency text required
updated_at timestamp
synced_at timestamp

table touchpoints key=touchpoint_id event=touched_at
touchpoint_id text required
customer_id text
visitor_id text pii
touched_at timestamp required
channel text
campaign_id text
touch_type text
order_id text
synced_at timestamp

table messages key=message_id event=sent_at
message_id text required
customer_id text required
campaign_id text
channel text
purpose text
sent_at timestamp required
delivered_at timestamp
opened_at timestamp
clicked_at timestamp
bounced_at timestamp
unsubscribed_at timestamp
unit_cost price
currency text
synced_at timestamp

table interactions key=interaction_id event=occurred_at
interaction_id text required
customer_id text required
occurred_at timestamp required
channel text required in email|phone|chat|social|web|meeting
direction text
duration_seconds integer
sales_rep_id text
ticket_id text
updated_at timestamp
synced_at timestamp

table support_tickets key=ticket_id event=opened_at
ticket_id text required
customer_id text required
opened_at timestamp required
first_response_at timestamp
resolved_at timestamp
reopened_at timestamp
status text
priority text
channel text
category text
reason text
order_id text
product_id text
handling_minutes number
updated_at timestamp
synced_at timestamp

table survey_responses key=response_id event=responded_at
response_id text required
customer_id text required
survey_type text required
score number required
responded_at timestamp required
score_scale text
topic text
comment text pii
ticket_id text
order_id text
synced_at timestamp

table sales_reps key=sales_rep_id
sales_rep_id text required
rep_name text
team text
region text
hired_on date
left_on date
updated_at timestamp
synced_at timestamp

table customer_rep_assignments key=customer_id,sales_rep_id,assigned_on event=assigned_on
customer_id text required
sales_rep_id text required
assigned_on date required
unassigned_on date
synced_at timestamp

table loyalty_movements key=movement_id event=moved_at
movement_id text required
customer_id text required
moved_at timestamp required
movement_type text in earn|redeem|expire
points number
value_amount money
currency text
order_id text
synced_at timestamp

table subscriptions key=subscription_id event=started_on
subscription_id text required
customer_id text required
plan text required
started_on date required
trial_ends_on date
billing_interval text in month|quarter|year
currency text
cancelled_at timestamp
ended_on date
end_reason text in voluntary|payment_failure|switched
status text
updated_at timestamp
synced_at timestamp

table subscription_prices key=subscription_id,valid_from event=valid_from
subscription_id text required
valid_from date required
monthly_amount money required
valid_to date
quantity quantity
plan text
synced_at timestamp

table consents key=consent_id event=recorded_at
consent_id text required
customer_id text required
purpose text required
channel text required
granted boolean required
recorded_at timestamp required
expires_at timestamp
source text
synced_at timestamp

table crm_changes key=change_id
change_id text required
change_name text required
launched_on date required
assignment_mechanism text required
description text
ended_on date
assignment_unit text in customer|sales_rep|region
outcome_window_days integer
objective_metric text
minimum_effect number
decision_on date
registered_at timestamp
cost_amount money
currency text

table crm_change_arms key=change_id,arm
change_id text required
arm text required
is_control boolean
planned_share number

table crm_change_assignments key=change_id,customer_id event=assigned_on
change_id text required
customer_id text required
arm text required
assigned_on date required
unit_id text
exposed_on date

table crm_usage key=usage_id event=week_start
usage_id text required
sales_rep_id text required
week_start date required
logins integer
records_touched integer
lists_actioned integer
synced_at timestamp

table leads key=lead_id event=created_at
lead_id text required
created_at timestamp required
source text
campaign_id text
customer_type text
country text
region text
industry text
converted_customer_id text
converted_at timestamp
synced_at timestamp

table opportunities key=opportunity_id event=opened_at
opportunity_id text required
customer_id text
lead_id text
sales_rep_id text
stage text
amount money
currency text
opened_at timestamp
closed_at timestamp
is_won boolean
synced_at timestamp

table migration_counts key=migration_id,side,table_name,measure,column_name
migration_id text required
side text required in before|after
table_name text required
measure text required
column_name text required
value number required
taken_at timestamp required

table erasure_requests key=request_id event=requested_at
request_id text required
customer_id text required
requested_at timestamp required
synced_at timestamp

table exchange_rates key=rate_date,currency event=rate_date
rate_date date required
currency text required
rate_to_reporting rate required

table cost_rates key=cost_driver,applies_to,valid_from event=valid_from
cost_driver text required in ticket|ticket_minute|contact|contact_minute|message|return|chargeback|loyalty_point
applies_to text required
valid_from date required
unit_cost price required
currency text
updated_at timestamp
synced_at timestamp

table overheads key=overhead_id event=booked_on
overhead_id text required
booked_on date required
purpose text required in acquisition|service|general
channel text
description text
amount money required
currency text
updated_at timestamp
synced_at timestamp

table fallback_margins key=category
category text required
margin_rate number required
updated_at timestamp
synced_at timestamp
    {%- endset -%}

    {#- one table is asked for far more often than all of them: only its own lines are read then -#}
    {%- set contract = {} -%}
    {%- for block in ('\n' ~ text).split('\ntable ')[1:] -%}
        {%- set lines = block.strip().split('\n') -%}
        {%- set words = lines[0].split() -%}
        {%- if table is none or words[0] == table -%}
            {%- set entry = {'required': 'required' in words[1:], 'key': [], 'event': none, 'columns': []} -%}
            {%- for word in words[1:] -%}
                {%- if word.startswith('key=') -%}{%- do entry.update({'key': word[4:].split(',')}) -%}
                {%- elif word.startswith('event=') -%}{%- do entry.update({'event': word[6:]}) -%}
                {%- endif -%}
            {%- endfor -%}
            {%- for line in lines[1:] -%}
                {%- set flags = line.split() -%}
                {%- do entry['columns'].append({
                    'name': flags[0],
                    'type': flags[1],
                    'required': 'required' in flags[2:],
                    'pii': 'pii' in flags[2:],
                    'accepted': flags[-1].split('|') if 'in' in flags[2:] else [],
                }) -%}
            {%- endfor -%}
            {%- do contract.update({words[0]: entry}) -%}
        {%- endif -%}
    {%- endfor -%}

    {%- if table is none -%}{{ return(contract) }}{%- endif -%}
    {%- if table not in contract -%}
        {{ stop("'" ~ table ~ "' is no table of the raw contract; it knows: " ~ raw_contract().keys() | join(', ')) }}
    {%- endif -%}
    {{ return(contract[table]) }}
{% endmacro %}


{# The SQL type of a contract type. #}
{% macro contract_type(name) %}
    {%- set types = {
        'text': dbt.type_string(),
        'timestamp': dbt.type_timestamp(),
        'date': 'date',
        'boolean': dbt.type_boolean(),
        'integer': dbt.type_bigint(),
        'number': double_type(),
        'money': money_type(),
        'price': 'decimal(18, 4)',
        'quantity': 'decimal(18, 3)',
        'rate': 'decimal(18, 8)',
    } -%}
    {{ return(types[name]) }}
{% endmacro %}
