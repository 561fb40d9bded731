"""Query: the .rq files of questions, checks, rules and views, their headers and what is wrong with them."""
