//! Figures that others published, beside which ours are put. Conditions differ; that is said with each.

/// One published figure.
pub(crate) struct Published {
    pub(crate) what: &'static str,
    pub(crate) direct: &'static str,
    pub(crate) code: &'static str,
    pub(crate) conditions: &'static str,
    /// Our nearest scenario.
    pub(crate) scenario: &'static str,
    /// How ours differs.
    pub(crate) ours: &'static str,
}

pub(crate) const PUBLISHED: [Published; 5] = [
    Published {
        what: "Transcript from Drive to Salesforce",
        direct: "150,000",
        code: "2,000",
        conditions: "an illustration: 50,000 tokens of definitions, a transcript of 50,000 tokens read and written once each",
        scenario: "transcript",
        ours: "512 tools, a transcript of five hours, each text once, counted",
    },
    Published {
        what: "500 leads, filter, personalised Slack messages",
        direct: "158,000",
        code: "2,050",
        conditions: "input and output over 100 iterations with a model and production servers; the catalogue is not told",
        scenario: "leads",
        ours: "two demo servers with 11 tools; records have three fields, so results are smaller",
    },
    Published {
        what: "100 rows of a sheet into records",
        direct: "11,300",
        code: "1,500",
        conditions: "a traced demo with mocked tools; all tools and all data against the needed ones and a summary",
        scenario: "batch",
        ours: "two demo servers with 12 tools; rows have three fields",
    },
    Published {
        what: "Pages of logs, a summary",
        direct: "50,000–73,000",
        code: "9,500–10,000",
        conditions: "a model in a loop with a shell, prompts and reasoning included, varying between runs",
        scenario: "logs",
        ours: "prompt and reasoning left out; 300 records of five fields",
    },
    Published {
        what: "A catalogue of 2,500 endpoints",
        direct: "1,170,000",
        code: "1,000",
        conditions: "definitions alone, without a task",
        scenario: "catalogue",
        ours: "10,000 tools, and a task done with one of them",
    },
];
