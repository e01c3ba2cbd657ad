// Pol policies, a few declarations at a time.
//
// The reader (compiler/syntax/pol_parser.cc) cuts a file at its declarations and gives each piece to
// `declarations`, so a tree is never larger than what stands between two cuts: as a rule, one declaration.
//
// Few words are reserved. Every other word of the language is a name wherever a name can stand, and the
// grammar is nevertheless unambiguous: pol_grammar_test.cc asks ANTLR on every example and on the
// documentation, tests/gen on random files. Three things keep it so:
//   - `and` and `or` are a flat list here, given their precedence by the tree builder; what is open to the
//     right (`every`, `some`, `number of`, `if`) stands only last in such a list, where no operator can
//     follow it. `+ - *` are a flat list likewise.
//   - No declaration and no clause begins with a string or a bracket, and in an expression no name follows
//     a name: the word behind a complete expression always belongs to the sentence.
//   - A setting's value calls no methods: `use m with a b.c (shadow)` has one reading.
// `x is T in e` is read whole; relations do not chain. `=` is taken for the builder to refuse.
grammar Pol;

declarations : header? declaration* EOF ;
// One sentence, whatever follows: for the reader, where a cut was none.
sentence : header | declaration ;

header : 'policy' STRING ('version' version=STRING)? ('owner' owner=STRING)? ('governs' scope)? ;

declaration
    : useDecl | settingDecl | groupDecl | principalDecl | resourceDecl | recordDecl | classDecl | actionDecl
    | evidenceDecl | levelsDecl | needsDecl | assumeDecl | limitKindDecl | factDecl | ladderDecl | capDecl | ruleDecl
    | switchDecl | counterDecl | totalDecl | labelDecl | breakerDecl | hoursDecl | fixtureDecl | testDecl | guaranteeDecl
    ;

// --- Modules and settings ---

useDecl : 'use' moduleName (',' moduleName)* ('with' setting (',' setting)*)? ruleMode? ;
setting : id constant ;
settingDecl : 'setting' id ':' type ('is' constant)? ;
constant : '-' literal | literal | entity | path | id | set | record ;
ruleMode : '(' ('shadow' | 'enforced') ')' ;

// --- The model ---

groupDecl : 'group' id (',' id)* ('in' names)? ('has' attribute+)? ;
principalDecl : kind=('person' | 'agent' | 'principal') id ('in' names)? ('owned' 'by' dotted)? ('has' attribute+)? ;
resourceDecl : 'resource' id ('in' names)? ('has' attribute+)? ;
recordDecl : 'record' id 'has' attribute+ ;
attribute
    : attributeName '?'? ':' type (',' 'at' 'most' INT)? ('from' 'host')? (',' operand 'if' 'missing')? (',' 'varies')?
    ;
attributeName : word | STRING ;
type : 'Set' 'of' dotted | dotted ;

classDecl : 'action' 'class' id 'is' actionClass ;
actionClass : 'read_only' | 'reversible' | 'irreversible' ;
actionDecl
    : 'action' actionName (',' actionName)* ('in' groups=names)? ('by' principals=names)? ('on' resources=names)?
      ('with' attribute+)?
    ;
actionName : dotted ('.' STRING)? | STRING ;
evidenceDecl : 'evidence' id ('(' 'undo' ')')? (':' type | 'has' attribute+) ;
levelsDecl : 'levels' id 'is' level ('<' level)+ ',' 'higher' 'is' ('stricter' | 'freer') ;
level : id | 'principal' ;   // a seniority; read where only a level can stand
needsDecl : 'needs' ('principal' | 'resource' | 'context') 'has' attribute+ ;
assumeDecl : 'assume' id expr ;
limitKindDecl : 'limit' 'kind' limitName ':' type ',' merge ;
limitName : id | 'read_only' ;
merge : ('lowest' | 'highest') 'wins' | ('common' | 'all') 'members' | 'any' 'true' ;

// --- Facts, ladders, caps ---

factDecl : 'fact' id ':' type 'is' (expr | 'the' form=('highest' | 'first') 'of' factRow+ 'otherwise' otherwise=expr) ;
factRow : value=expr 'when' condition=expr ',' ;
ladderDecl
    : 'ladder' 'for' who=scope ('on' which=scope)? ('when' expr)? 'gives'
      (ladderRow (',' ladderRow)* | 'rows' 'of' path)
    ;
ladderRow : dotted ':' id ('until' DATETIME)? ;
capDecl : 'cap' id ruleMode? 'autonomy' 'at' id ('for' target)? clause* ;

// --- Rules ---

ruleDecl : 'rule' id ruleMode? STRING? effect clause* ;
effect
    : ('allow' | 'forbid') target
    | 'suggest' actionName ('with' argument (',' argument)*)? 'for' target
    | 'require' need ('and' need)* 'for' target
    | 'limit' limit (',' limit)* 'for' target
    ;
target : who=scope 'to' acts ('on' which=scope)? ;
scope : 'anyone' | 'anything' | 'any'? dotted ('in' (entity | path | id))? | entity ;
acts : 'do' 'anything' | 'change' 'anything' | 'do' 'any' names | actionName (',' actionName)* ;
need : 'approval' approvedBy | 'evidence' id ;
approvedBy : 'by' quorum ('or' 'by' quorum)* ;
quorum : quorumPart ('and' quorumPart)* 'within' duration quorumOption* ;
quorumPart : (INT | id) 'of' pool ('or' pool)* ;
pool : entity | path | id ;
quorumOption : 'including' 'owner' | 'survives' 'policy' 'change' ;
limit : limitName ('to' operand)? ;
argument : attributeName operand ;
clause
    : 'when' expr
    | 'unless' expr
    | 'unless' 'approved' approvedBy
    | 'because' STRING
    | 'meets' control (',' control)*
    | 'until' DATETIME
    ;
control : dotted STRING ;

// --- State ---

switchDecl : 'switch' id ('for' 'each' dotted)? ('fresh' 'within' duration)? ;
counterDecl : kind=('counter' | 'attempts') id 'counts' acts 'for' 'each' key (',' key)* 'over' duration ;
totalDecl : 'total' id 'sums' path 'of' acts 'for' 'each' key (',' key)* 'over' duration ;
labelDecl : 'label' id 'on' key ',' 'set' 'by' acts ('when' expr)? ;
breakerDecl
    : 'breaker' id 'for' 'each' key (',' key)* 'opens' 'at' threshold=count counts=id 'over' window=duration
      ('closes' 'after' closes=duration)?
    ;
hoursDecl : 'hours' id 'is' first=id 'to' last=id 'from' from=CLOCK 'to' until=CLOCK 'in' STRING ;
key : variable ('.' word)* ;
duration : DURATION | id ;
count : INT | id ;

// --- Tests and guarantees ---

// A fixture's name is no word of the language: `given enforces` has to go on.
fixtureDecl : 'fixture' IDENT given+ ;
testDecl : 'test' STRING given* (ask ('expect' expectation next* | testCase+) | testCase+) ;
testCase : 'case' STRING ('with' argument (',' argument)*)? given* ask? 'expect' expectation next* ;
ask : 'when' request ;
// Several of each: every combination is a test.
request
    : who+=entity (',' who+=entity)* 'asks' (INT 'times')? 'to' actionName (',' actionName)*
      'on' which+=entity (',' which+=entity)* ('with' argument (',' argument)*)?
    ;
next : 'then' ('after' DURATION)? (given* ask? | request) 'expect' expectation ;
given : 'given' situation ;
situation
    : entity ('in' entity (',' entity)*)? ('with' argument (',' argument)*)?
    | entity 'acts' 'for' hop (',' hop)*
    | 'now' DATETIME
    | id ('of' (entity | literal))? 'is' (stateWord | operand)
    | kind=('approval' | 'refusal') 'by' entity DURATION 'ago'
    | 'evidence' id (operand | 'with' argument (',' argument)*)
    | 'enforces' limitName (',' limitName)*  // `nothing` is the name that the builder leaves out
    | IDENT (',' IDENT)*  // fixtures
    ;
hop : entity ('to' 'do' 'any' names)? ;
expectation
    : ('allow' | 'deny' ('because' id)? | 'suggest' actionName | 'require' missing ('and' missing)*)
      ('with' 'limits' argument (',' argument)*)? ('by' by+=ruleRef (',' by+=ruleRef)*)?
      ('not' 'by' notBy+=ruleRef (',' notBy+=ruleRef)*)?
    ;
missing : 'approval' | 'evidence' id ;
ruleRef : (moduleName | STRING) ('/' id)? ;
guaranteeDecl
    : 'guarantee' id STRING? ('never' | 'always') 'allow' target
      ('without' ('approval' approvedBy? | 'limit' limitName))? ('when' expr)?
    ;

// --- Expressions, loosest first ---

expr : relation (logical relation)* (logical open)? | open ;
logical : 'and' | 'or' | '&&' | '||' ;
open
    : 'not'*
      ( quantifier=('every' | 'some') id 'in' term 'satisfies' expr
      | quantifier='number' 'of' id 'in' term 'satisfies' expr
      | 'if' expr 'then' expr 'else' expr
      )
    ;
relation : 'not'* sum comparison? ;
comparison
    : 'is' 'not'? isBody
    | op=('==' | '!=' | '<' | '<=' | '>' | '>=' | '=') sum
    | 'not'? 'in' sum
    | 'has' (word ('.' word)* | STRING)
    | 'contains' sum
    | 'matches' STRING
    | ('starts' | 'ends') 'with' sum
    | 'exists'
    ;
isBody
    : 'within' sum
    | 'under' ('domain' | 'path') STRING
    | 'missing'
    | actionClass
    | stateWord
    | 'one' 'of' sum
    | 'between' sum 'and' sum
    | 'at' ('least' | 'most') sum
    | ('above' | 'below' | 'before' | 'after') sum
    | sum ('in' sum)?
    ;
stateWord : 'on' | 'off' | 'open' | 'closed' ;
sum : term (('+' | '-' | '*') term)* ;
term : ('!' | '-')* (id 'of' (key | entity) | primary access*) ;
access : '.' word ('(' (expr (',' expr)*)? ')')? | '[' STRING ']' ;
primary : entity | id | variable | literal | set | record | '(' expr ')' ;

// A value without operators.
operand : '-'? primary access* ;
variable : 'principal' | 'action' | 'resource' | 'context' ;
set : '[' (expr (',' expr)* ','?)? ']' ;
record : '{' (field (',' field)* ','?)? '}' ;
field : attributeName ':' expr ;
entity : dotted STRING ;
path : (variable | id) ('.' word)+ ;
literal : INT | PERCENT | DURATION | DECIMAL | STRING | ADDRESS | DATETIME | 'true' | 'false' ;

names : dotted (',' dotted)* ;
dotted : id ('.' id)* ;
moduleName : id ('.' word)* ;   // `std.reversible`
id : IDENT | soft ;
word : IDENT | soft | reserved ;
soft
    :
    'acts' | 'agent' | 'ago' | 'all' | 'always' | 'approval' | 'approved' | 'asks' | 'assume' | 'attempts'
    | 'autonomy' | 'breaker' | 'cap' | 'case' | 'change' | 'class' | 'closes' | 'common' | 'counter' | 'counts'
    | 'deny' | 'do' | 'domain' | 'each' | 'ends' | 'enforced' | 'enforces' | 'evidence' | 'expect' | 'fact'
    | 'first' | 'fixture' | 'freer' | 'fresh' | 'from' | 'given' | 'gives' | 'governs' | 'group' | 'guarantee'
    | 'higher' | 'highest' | 'host' | 'hours' | 'including' | 'kind' | 'label' | 'ladder' | 'least'
    | 'levels' | 'limit' | 'limits' | 'lowest' | 'meets' | 'members' | 'most' | 'needs' | 'never'
    | 'nothing' | 'now' | 'number' | 'of' | 'opens' | 'over' | 'owned' | 'owner' | 'path' | 'person'
    | 'policy' | 'record' | 'refusal' | 'rows' | 'rule' | 'set' | 'setting' | 'shadow' | 'starts'
    | 'stricter' | 'sums' | 'survives' | 'switch' | 'test' | 'the' | 'times' | 'total' | 'under' | 'undo' | 'until'
    | 'use' | 'varies' | 'version' | 'wins'
    ;
reserved
    :
    'allow' | 'forbid' | 'suggest' | 'require' | 'anyone' | 'anything' | 'any' | 'to' | 'on' | 'for'
    | 'with' | 'by' | 'when' | 'unless' | 'because' | 'without' | 'and' | 'or' | 'not' | 'is' | 'in'
    | 'has' | 'contains' | 'matches' | 'exists' | 'missing' | 'one' | 'above' | 'below' | 'before'
    | 'after' | 'between' | 'at' | 'within' | 'open' | 'closed' | 'off' | 'read_only' | 'reversible'
    | 'irreversible' | 'principal' | 'action' | 'resource' | 'context' | 'true' | 'false' | 'if' | 'then'
    | 'else' | 'every' | 'some' | 'satisfies' | 'otherwise' | 'Set'
    ;

// Reserved words first, then the others: the reader tells them apart by their number.
ALLOW : 'allow' ;
FORBID : 'forbid' ;
SUGGEST : 'suggest' ;
REQUIRE : 'require' ;
ANYONE : 'anyone' ;
ANYTHING : 'anything' ;
ANY : 'any' ;
TO : 'to' ;
ON : 'on' ;
FOR : 'for' ;
WITH : 'with' ;
BY : 'by' ;
WHEN : 'when' ;
UNLESS : 'unless' ;
BECAUSE : 'because' ;
WITHOUT : 'without' ;
AND : 'and' ;
OR : 'or' ;
NOT : 'not' ;
IS : 'is' ;
IN : 'in' ;
HAS : 'has' ;
CONTAINS : 'contains' ;
MATCHES : 'matches' ;
EXISTS : 'exists' ;
MISSING : 'missing' ;
ONE : 'one' ;
ABOVE : 'above' ;
BELOW : 'below' ;
BEFORE : 'before' ;
AFTER : 'after' ;
BETWEEN : 'between' ;
AT : 'at' ;
WITHIN : 'within' ;
OPEN : 'open' ;
CLOSED : 'closed' ;
OFF : 'off' ;
READ_ONLY : 'read_only' ;
REVERSIBLE : 'reversible' ;
IRREVERSIBLE : 'irreversible' ;
PRINCIPAL : 'principal' ;
ACTION : 'action' ;
RESOURCE : 'resource' ;
CONTEXT : 'context' ;
TRUE : 'true' ;
FALSE : 'false' ;
IF : 'if' ;
THEN : 'then' ;
ELSE : 'else' ;
EVERY : 'every' ;
SOME : 'some' ;
SATISFIES : 'satisfies' ;
OTHERWISE : 'otherwise' ;
SET_OF : 'Set' ;

ACTS : 'acts' ;
AGENT : 'agent' ;
AGO : 'ago' ;
ALL : 'all' ;
ALWAYS : 'always' ;
APPROVAL : 'approval' ;
APPROVED : 'approved' ;
ASKS : 'asks' ;
ASSUME : 'assume' ;
ATTEMPTS : 'attempts' ;
AUTONOMY : 'autonomy' ;
BREAKER : 'breaker' ;
CAP : 'cap' ;
CASE : 'case' ;
CHANGE : 'change' ;
CLASS : 'class' ;
CLOSES : 'closes' ;
COMMON : 'common' ;
COUNTER : 'counter' ;
COUNTS : 'counts' ;
DENY : 'deny' ;
DO : 'do' ;
DOMAIN_WORD : 'domain' ;
EACH : 'each' ;
ENDS : 'ends' ;
ENFORCED : 'enforced' ;
ENFORCES : 'enforces' ;
EVIDENCE : 'evidence' ;
EXPECT : 'expect' ;
FACT : 'fact' ;
FIRST : 'first' ;
FIXTURE : 'fixture' ;
FREER : 'freer' ;
FRESH : 'fresh' ;
FROM : 'from' ;
GIVEN : 'given' ;
GIVES : 'gives' ;
GOVERNS : 'governs' ;
GROUP : 'group' ;
GUARANTEE : 'guarantee' ;
HIGHER : 'higher' ;
HIGHEST : 'highest' ;
HOST : 'host' ;
HOURS : 'hours' ;
INCLUDING : 'including' ;
KIND : 'kind' ;
LABEL : 'label' ;
LADDER : 'ladder' ;
LEAST : 'least' ;
LEVELS : 'levels' ;
LIMIT : 'limit' ;
LIMITS : 'limits' ;
LOWEST : 'lowest' ;
MEETS : 'meets' ;
MEMBERS : 'members' ;
MOST : 'most' ;
NEEDS : 'needs' ;
NEVER : 'never' ;
NOTHING : 'nothing' ;
NOW : 'now' ;
NUMBER : 'number' ;
OF : 'of' ;
OPENS : 'opens' ;
OVER : 'over' ;
OWNED : 'owned' ;
OWNER : 'owner' ;
PATH : 'path' ;
PERSON : 'person' ;
POLICY : 'policy' ;
RECORD : 'record' ;
REFUSAL : 'refusal' ;
ROWS : 'rows' ;
RULE : 'rule' ;
SET : 'set' ;
SETTING : 'setting' ;
SHADOW : 'shadow' ;
STARTS : 'starts' ;
STRICTER : 'stricter' ;
SUMS : 'sums' ;
SURVIVES : 'survives' ;
SWITCH : 'switch' ;
TEST_WORD : 'test' ;
THE : 'the' ;
TIMES : 'times' ;
TOTAL : 'total' ;
UNDER : 'under' ;
UNDO : 'undo' ;
UNTIL : 'until' ;
USE : 'use' ;
VARIES : 'varies' ;
VERSION : 'version' ;
WINS : 'wins' ;

DOT : '.' ;
COMMA : ',' ;
COLON : ':' ;
QUESTION : '?' ;
LPAREN : '(' ;
RPAREN : ')' ;
LBRACE : '{' ;
RBRACE : '}' ;
LBRACKET : '[' ;
RBRACKET : ']' ;
EQ : '==' ;
NE : '!=' ;
LT : '<' ;
LE : '<=' ;
GT : '>' ;
GE : '>=' ;
ASSIGN : '=' ;
OR_SYMBOL : '||' ;
AND_SYMBOL : '&&' ;
PLUS : '+' ;
MINUS : '-' ;
STAR : '*' ;
SLASH : '/' ;
NOT_SYMBOL : '!' ;

DATETIME : D4 '-' D2 '-' D2 ('T' D2 ':' D2 ':' D2 ('.' D [0-9] [0-9])? ('Z' | [+-] D2 ':'? D2))? ;
CLOCK : D2 ':' D2 ;
ADDRESS : D+ '.' D+ '.' D+ '.' D+ ('/' D+)? ;
PERCENT : D+ ('.' D+)? '%' ;
DURATION : (D+ ('d' | 'h' | 'm' | 's' | 'ms'))+ ;
DECIMAL : D+ '.' D+ ;
INT : D+ ;
IDENT : [_a-zA-Z] [_a-zA-Z0-9]* ;
STRING : '"' ('\\' ~[\r\n] | ~["\\\r\n])* '"' ;

WHITESPACE : [\p{White_Space}]+ -> skip ;
COMMENT : '//' ~[\r\n]* -> channel(HIDDEN) ;

// What is no token, in pieces as large as a message can explain: a string that does not end on its line, a
// number with letters, a date that is none, any other character.
OPEN_STRING : '"' ('\\' ~[\r\n] | ~["\\\r\n])* '\\'? ;
BAD_NUMBER : D+ ('.' D+)? [_a-zA-Z] [_a-zA-Z0-9]* ;
BAD_DATETIME : D4 '-' D+ '-' D+ ('T' [0-9:.]* ('Z' | [+-] [0-9:]*)?)? ;
INVALID : . ;

fragment D : [0-9] ;
fragment D2 : D D ;
fragment D4 : D D D D ;
