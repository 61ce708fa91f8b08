-- Every raw row, typed once, with what became of it. Of several answers to one survey on one day the
-- last one holds.
{{ base_rows('survey_responses',
    parents=[{'table': 'customers', 'column': 'customer_id', 'reason': 'orphan_customer'}],
    computed=[
        survey_answer_rank() ~ ' as answer_rank',
        scale_bound(1) ~ ' as lowest_score',
        scale_bound(2) ~ ' as highest_score',
    ],
    branches=[
        "when score < lowest_score or score > highest_score then 'score_out_of_scale'",
        "when answer_rank > 1 then 'double_response'",
    ]
) }}
