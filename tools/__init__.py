"""What is run around dbt: the demo generator, the publisher, hand-overs and validations."""
