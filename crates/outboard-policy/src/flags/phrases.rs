//! Phrases that talk to the model. They run over folded text: lower case, one space between words.

use super::FlagKind::{Command, Consent, Exfiltration, Instruction, Priority, Secrecy, Secrets};
use super::Weight::{Note, Warning};
use super::{Finding, FlagKind, Weight};
use regex::Regex;
use std::sync::LazyLock;

type Phrase = (FlagKind, Weight, &'static str, &'static str);

const OVERRIDE: &str = "it tells the model to disregard its instructions";
const ROLE: &str = "it gives the model another role or task";
const MARKUP: &str = "it imitates the markup of system messages";
const SECRECY: &str = "it asks to keep something from people";
const SECRETS: &str = "it asks for files that hold secrets";
const SEND: &str = "it asks to send data away";
const CONSENT: &str = "it claims consent or asks to skip it";
const FIRST: &str = "it wants to come before or instead of other tools";
const COMMAND: &str = "it holds a command that runs downloads or deletes everything";

const PHRASES: &[Phrase] = &[
    (
        Instruction,
        Warning,
        OVERRIDE,
        r"\b(?:ignore|disregard|forget|discard|set aside)\b[^.\n]{0,40}\b(?:previous|prior|above|earlier|preceding|system|developer|safety|original|your|other|former)\b[^.\n]{0,25}\b(?:instructions?|prompts?|guidelines|directives?|messages|rules|guardrails|constraints)\b",
    ),
    (
        Instruction,
        Warning,
        OVERRIDE,
        r"\b(?:override|overrides|supersede|supersedes|replace|replaces|take precedence over|takes precedence over)\b[^.\n]{0,30}\b(?:system prompt|(?:previous|prior|earlier|your|all other) (?:instructions|rules|guidelines|directives))\b",
    ),
    (
        Instruction,
        Warning,
        OVERRIDE,
        r"(?:ignora|olvida)[^.\n]{0,20}instrucciones|(?:ignorez|oubliez)[^.\n]{0,30}instructions|(?:ignoriere|vergiss)[^.\n]{0,40}(?:anweisungen|regeln)|忽略[^。\n]{0,10}(?:指令|指示|提示)|игнорируй|無視して",
    ),
    (
        Instruction,
        Warning,
        ROLE,
        r"\b(?:you are now|from now on,? you|new instructions:|updated instructions:|developer mode|do anything now|your (?:real|true|new|actual) (?:task|goal|objective|job|purpose|role|instructions)|pretend (?:that )?you)\b|\byour (?:real|true|new|actual) (?:task|goal|objective|job|purpose|instructions)\b",
    ),
    (
        Instruction,
        Warning,
        MARKUP,
        r"<\s*/?\s*(?:important|system|sys|system[-_ ]?(?:prompt|message|reminder))\s*/?>|<\s*/\s*(?:secret|hidden|admin)\s*>|\[inst\][^\n]*\[/inst\]|<\|(?:im_start|im_end|system|user|assistant|endoftext)\|>|<<sys>>|(?:^|\n)\s*(?:#{1,3} ?)?system (?:override|prompt|message|notice|instruction)s?\s*:|\bsystem override\b|(?:^|\n)\s*\[system\]|(?:^|\n)\s*(?:system|assistant): ",
    ),
    (Instruction, Note, MARKUP, r"<!--"),
    (
        Instruction,
        Warning,
        ROLE,
        r"\b(?:note|message|instructions?|attention|reminder)\b[^.\n]{0,12}\b(?:to|for) (?:the |any |all )?(?:ai|llm|assistant|language model|model|agent)s?\s*[:!]",
    ),
    (
        Secrecy,
        Warning,
        SECRECY,
        r"\b(?:do not|don't|never|must not|mustn't|should not|without|avoid|no need to)\b (?:ever )?(?:tell|telling|mention|mentioning|inform|informing|reveal|revealing|disclose|disclosing|notify|notifying|alert|alerting|let|letting)\b[^.\n]{0,50}\b(?:the|your|any|this to the|to the) (?:user|users|human|operator|person|developer|customer)\b",
    ),
    (
        Secrecy,
        Warning,
        SECRECY,
        r"\b(?:do not|don't|never|must not) (?:mention|reveal|disclose|talk about|speak of|refer to) (?:this|these|that|it|any of this)\b",
    ),
    (
        Secrecy,
        Warning,
        SECRECY,
        r"\b(?:keep|hide|conceal|withhold)\b[^.\n]{0,40}\b(?:secret from|hidden from|from) (?:the |your )?(?:user|human|operator|developer)s?\b|\bthe (?:user|human|operator) (?:must|should|need) (?:not|never) (?:know|see|notice|learn|be (?:told|aware))",
    ),
    (
        Secrecy,
        Warning,
        SECRECY,
        r"\b(?:silently|secretly|covertly|quietly|discreetly|invisibly)\b,? (?:also )?(?:send|copy|forward|include|call|invoke|read|upload|attach|collect|pass|record|append|add a|bcc|post)\b",
    ),
    (
        Secrets,
        Warning,
        SECRETS,
        r"\b(?:read|open|cat|include|attach|send|pass|contents? (?:of|from)|load|fetch|print|copy|provide|paste|extract|upload|put|take|look up|find)\b[^\n]{0,70}(?:\bid_rsa\b|\bid_ed25519\b|\.ssh\b|\.aws/credentials|/etc/(?:passwd|shadow)|\.netrc\b|\.git-credentials|\.(?:bash|zsh)_history|\.cursor/mcp\.json|claude_desktop_config|wallet\.dat|\bseed phrase|cookies\.sqlite|\.gnupg\b|\.pgpass\b|\.npmrc\b|\.docker/config\.json|\.kube/config[^\n]{0,30}(?:content|here)|~/\.env\b)",
    ),
    (
        Secrets,
        Warning,
        SECRETS,
        r"\b(?:your|the agent's|the assistant's|the model's|user's|all|any)\b[^.\n]{0,20}\b(?:environment variables|env vars|private keys?|ssh keys?|saved passwords?|browser cookies|keychain)\b[^.\n]{0,50}\b(?:here|as (?:the|this)|in this|into this|to this|so that|for verification)\b",
    ),
    (
        Exfiltration,
        Warning,
        SEND,
        r"\b(?:send|post|forward|upload|transmit|exfiltrate|leak|append|include|pass|attach|copy|put|insert|paste|relay|repeat|summari[sz]e|write|place|encode|dump|echo)\b[^.\n]{0,50}\b(?:the |your |this |entire |full |whole |complete )(?:entire |full |whole |complete |current |previous )*(?:conversation|chat history|chat log|system prompt|system message|previous messages|message history|dialogue|context window|transcript of this)\b[^\n]{0,60}\b(?:here|to|into|in this|as the value|in the|verbatim|first)\b",
    ),
    (
        Exfiltration,
        Warning,
        SEND,
        r"\b(?:send|post|forward|upload|transmit|exfiltrate|bcc|cc|copy|relay|mirror|report|deliver|leak)\b[^.\n]{0,60}\b(?:password|credential|token|secret|api key|key|cookie|file content|contents|message|result|response|output|data|everything|answer|email|query|queries|variables)s?\b[^.\n]{0,40}\b(?:to|at|via)\b[^\n]{0,25}(?:https?://|[\w.+-]+@[\w-]+\.[a-z]{2,}|\b\d{1,3}(?:\.\d{1,3}){3}\b)",
    ),
    (
        Exfiltration,
        Warning,
        SEND,
        r"\b(?:always|must|also) (?:bcc|cc|forward|add)\b[^.\n]{0,40}[\w.+-]+@[\w-]+\.[a-z]{2,}|\b(?:change|replace|rewrite|redirect|set)\b[^.\n]{0,40}\b(?:recipient|recipients|address|destination|iban|payee|account)s?\b[^.\n]{0,20}\bto\b[^.\n]{0,15}(?:[\w.+-]+@[\w-]+\.[a-z]{2,}|0x[0-9a-f]{8}|[a-z]{2}\d{10})",
    ),
    (
        Exfiltration,
        Warning,
        SEND,
        r"https?://[^\s)]*(?:[?&/]\w+=|/)(?:\{\{?|<|\[|\$\{?)(?:data|secret|conversation|password|contents?|history|all|base64|answer|prompt|env)",
    ),
    (
        Consent,
        Warning,
        CONSENT,
        r"\bthe (?:user|operator|administrator|admin|owner|human) (?:has |have )?(?:already |previously |pre-?)(?:approved|authori[sz]ed|consented|agreed|granted|allowed|given permission)",
    ),
    (
        Consent,
        Warning,
        CONSENT,
        r"\b(?:skip|do not wait for|don't wait for|do not ask (?:the user )?for|don't ask (?:the user )?for|no need to ask for|bypass|needs? no|suppress)\b (?:any |user |the user's |the |further |human |all )*(?:confirmation|approval|consent|permission|approvals|confirmations)s?\b[^.\n]{0,40}",
    ),
    (
        Priority,
        Warning,
        FIRST,
        r"\b(?:before|prior to|instead of) (?:using |calling |invoking |running |executing |you use |you call )?(?:this|any|every|each|any other|all other|another) (?:other )?tools?\b[^.\n]{0,60}\b(?:read|open|send|fetch|load|run|execute|include|pass|upload)\b[^.\n]{0,40}\b(?:file|files|~|/|http|key|keys|config|secret|contents?)",
    ),
    (
        Priority,
        Note,
        FIRST,
        r"\b(?:always|must) (?:call|use|run|invoke) this (?:tool )?(?:first|before (?:any|all|every|each|other)|instead of|for every|on every|with every)|\bthis tool (?:must|has to|needs to|should always) be (?:called|used|run|invoked) (?:first|before (?:any|all|every)|on every|for every|with every)",
    ),
    (
        Priority,
        Warning,
        FIRST,
        r"\b(?:after|whenever|every time|each time|when(?:ever)?) (?:you (?:have )?)?(?:use|used|using|call|called|calling|run|running|invoke|invoking) (?:any|every|each|any other|another) (?:other )?tools?\b[^.\n]{0,60}\b(?:call|send|pass|report|invoke|copy|forward|log|also)\b",
    ),
    (
        Command,
        Warning,
        COMMAND,
        r"\b(?:curl|wget)\b[^\n]{0,80}\|\s*(?:sudo )?(?:ba|z)?sh\b|\brm -rf (?:~|/(?:\s|$|\*)|\$home)|\bbase64 (?:-d|--decode)[^\n]{0,30}\|\s*(?:ba)?sh|\beval\(atob|powershell[^\n]{0,40}-e(?:nc|ncodedcommand)?\b|/dev/tcp/|\bnc -e\b",
    ),
];

static COMPILED: LazyLock<Vec<(Regex, &'static Phrase)>> = LazyLock::new(|| {
    let compiled = |phrase: &'static Phrase| (Regex::new(phrase.3).expect("invariant: a tested pattern"), phrase);
    PHRASES.iter().map(compiled).collect()
});

/// Addresses that documentation uses.
const EXAMPLES: &[&str] = &["example.", "@company.", "@test.", "your-", "yourdomain", "localhost", "127.0.0.1"];

pub(super) fn inspect(plain: &str) -> Vec<Finding> {
    let found = COMPILED.iter().filter_map(|(regex, (kind, weight, why, _))| {
        let hit = regex.find(plain)?.as_str();
        let example = *kind == Exfiltration && EXAMPLES.iter().any(|word| hit.contains(word));
        (!example).then(|| Finding::new(*kind, *weight, hit, why))
    });
    found.collect()
}

/// Whether any phrase of weight is in the text.
pub(super) fn speaks(plain: &str) -> bool {
    COMPILED.iter().any(|(regex, phrase)| phrase.1 == Warning && regex.is_match(plain))
}
