;; A peer of Spritely Goblins that does what its caller asks, so that both directions can be tried from one side.
;; Started with the port to listen on; ends when its standard input does.
(use-modules (goblins)
             (goblins actor-lib methods)
             (goblins ocapn captp)
             (goblins ocapn ids)
             (goblins ocapn netlayer websocket)
             (ice-9 match)
             (ice-9 rdelim)
             (rnrs bytevectors)
             (srfi srfi-11))

(define port
  (match (command-line)
    ((_ port) (string->number port))))

;; What it is told comes back.
(define (^echo _bcom)
  (lambda args args))

;; One place of a chain: it knows how deep it lies.
(define (^link _bcom depth)
  (methods
   ((next) (spawn ^link (+ depth 1)))
   ((depth) depth)))

;; Counts what reached it, in order.
(define (^tally _bcom)
  (define seen '())
  (methods
   ((note item) (set! seen (cons item seen)) *unspecified*)
   ((all) (reverse seen))))

;; The promise of what so many calls in a row lead to, none of which waits for the one before.
(define (pipeline target times)
  (if (zero? times)
      target
      (pipeline (<- target 'next) (- times 1))))

(define (^hub _bcom enliven)
  (methods
   ((idle) *unspecified*)
   ;; As one that is called.
   ((fail) (error "as asked"))
   ((promise)
    (let-values (((promise resolver) (spawn-promise-and-resolver)))
      (list promise resolver)))
   ((new-tally) (spawn ^tally))
   ;; As one that calls.
   ((enliven locator) (enliven (string->ocapn-id locator)))
   ((call target . args) (apply <- target args))
   ((deepest target times) (<- (pipeline target times) 'depth))
   ((outcome target . args)
    (on (apply <- target args)
        (lambda (value) (list 'fulfilled value))
        #:catch (lambda (reason) (list 'broken))
        #:promise? #t))))

(define vat (spawn-vat))
(with-vat vat
  (define netlayer
    (spawn ^websocket-netlayer
           #:host "127.0.0.1" #:port port #:encrypted? #f
           #:url (string-append "ws://127.0.0.1:" (number->string port))))
  (define mycapn (spawn-mycapn netlayer))
  (define registry ($ mycapn 'get-registry))
  (define (offer object name)
    ($ registry 'register object (string->utf8 name)))
  (offer (spawn ^echo) "echo")
  (offer (spawn ^link 0) "chain")
  (offer (spawn ^tally) "tally")
  (offer (spawn ^hub (lambda (sturdyref) ($ mycapn 'enliven sturdyref))) "hub")
  (on (<- netlayer 'our-location)
      (lambda (location)
        (display (string-append "listening at " (ocapn-id->string location) "\n"))
        (force-output))))

;; An idle Guile collects nothing, and what it has not collected it does not release.
(let wait ()
  (match (select (list (current-input-port)) '() '() 0.05)
    ((() _ _) (gc) (wait))
    (_ (unless (eof-object? (read-line))
         (wait)))))
