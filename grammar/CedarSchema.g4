// Cedar schema syntax (Cedar 4.5), one declaration at a time.
//
// The reader (compiler/syntax/cedar_schema_parser.cc) cuts a file into declarations and namespace heads and
// gives each to `declaration` or `namespaceHead`, so a tree is never larger than one declaration and an
// error in one leaves the others readable. Reserved words that are legal nowhere (`true`, `if`, …) are
// ordinary identifiers here; the reader refuses them with a better message than a grammar can give.
//
// Lists of names take no trailing comma, attributes and the parts of appliesTo do.
grammar CedarSchema;

namespaceHead : annotation* NAMESPACE path '{' EOF ;

declaration : annotation* (entity | action | commonType) EOF ;

entity : ENTITY ident (',' ident)* (enumBody | entityBody) ';' ;
enumBody : ENUM '[' STRING (',' STRING)* ']' ;
entityBody : (IN entityTypes)? ('='? record)? (TAGS type)? ;

action : ACTION name (',' name)* (IN actionGroups)? appliesTo? (ATTRIBUTES '{' '}')? ';' ;
actionGroups : actionRef | '[' actionRef (',' actionRef)* ']' ;
actionRef : path '::' STRING | name ;
appliesTo : APPLIESTO '{' appliesToPart (',' appliesToPart)* ','? '}' ;
appliesToPart
    : PRINCIPAL ':' entityTypes
    | RESOURCE ':' entityTypes
    | CONTEXT ':' (path | record)
    ;

commonType : TYPE ident '=' type ';' ;

entityTypes : path | '[' (path (',' path)*)? ']' ;
type : SET '<' type '>' | record | path ;
record : LBRACE (attribute (',' attribute)* ','?)? RBRACE ;
attribute : annotation* name optional='?'? ':' type ;

annotation : '@' (ident | IN) ('(' STRING ')')? ;
path : ident ('::' ident)* ;
name : ident | STRING ;
ident
    : IDENTIFIER | NAMESPACE | ENTITY | TYPE | SET | APPLIESTO | PRINCIPAL | ACTION | RESOURCE | CONTEXT
    | ATTRIBUTES | TAGS | LONG | STRING_TYPE | BOOL | ENUM
    ;

NAMESPACE : 'namespace' ;
ENTITY : 'entity' ;
IN : 'in' ;
TYPE : 'type' ;
SET : 'Set' ;
APPLIESTO : 'appliesTo' ;
PRINCIPAL : 'principal' ;
ACTION : 'action' ;
RESOURCE : 'resource' ;
CONTEXT : 'context' ;
ATTRIBUTES : 'attributes' ;
TAGS : 'tags' ;
LONG : 'Long' ;
STRING_TYPE : 'String' ;
BOOL : 'Bool' ;
ENUM : 'enum' ;

LBRACE : '{' ;
RBRACE : '}' ;
LBRACKET : '[' ;
RBRACKET : ']' ;
LANGLE : '<' ;
RANGLE : '>' ;
LPAREN : '(' ;
RPAREN : ')' ;
AT : '@' ;
SEMICOLON : ';' ;

IDENTIFIER : [_a-zA-Z] [_a-zA-Z0-9]* ;
NUMBER : [0-9]+ ;
STRING : '"' ('\\' ~[\n] | ~["\\])* '"' ;

WHITESPACE : [\p{White_Space}]+ -> skip ;
COMMENT : '//' ~[\r\n]* -> skip ;

// Anything else, one character at a time, so that the reader names it instead of the lexer.
INVALID : . ;
