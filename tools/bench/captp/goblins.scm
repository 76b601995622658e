;; Spritely Goblins as a contestant of `./x bench captp`, over WebSocket on loopback.
;;
;;     serve PORT        listens, says where, and ends when its standard input does
;;     call PORT REF     says `ready`, then reads lines `calls N WINDOW` and `round-trip N`, and answers `ok VALUE..`
;;
;; An argument of 64 bytes goes with every call, and comes back.
(use-modules (goblins)
             (goblins ocapn captp)
             (goblins ocapn ids)
             (goblins ocapn netlayer websocket)
             (fibers conditions)
             (ice-9 match)
             (ice-9 rdelim)
             (rnrs bytevectors))

(define payload (make-bytevector 64 7))

(define (^echo _bcom)
  (lambda (what) what))

(define (now-us)
  (match (gettimeofday)
    ((seconds . us) (+ (* seconds 1000000) us))))

;; So many calls, of which `window` are under way at a time; then `done` is signalled.
(define (^caller _bcom far)
  (lambda (calls window done)
    (define left calls)
    (define answered 0)
    (define (call!)
      (set! left (- left 1))
      (on (<- far payload)
          (lambda (_value)
            (set! answered (+ answered 1))
            (cond
             ((= answered calls) (signal-condition! done))
             ((positive? left) (call!))))))
    (let fill ((free (min window calls)))
      (unless (zero? free)
        (call!)
        (fill (- free 1))))))

(define (netlayer-at port)
  (spawn ^websocket-netlayer
         #:host "127.0.0.1" #:port port #:encrypted? #f
         #:url (string-append "ws://127.0.0.1:" (number->string port))))

(define (say . words)
  (display (string-join words " "))
  (newline)
  (force-output))

(define vat (spawn-vat))

(define (serve port)
  (with-vat vat
    (define netlayer (netlayer-at port))
    (define mycapn (spawn-mycapn netlayer))
    ($ ($ mycapn 'get-registry) 'register (spawn ^echo) (string->utf8 "echo"))
    (on (<- netlayer 'our-location)
        (lambda (location) (say "listening at" (ocapn-id->string location)))))
  (let wait ()
    (unless (eof-object? (read-line))
      (wait))))

(define (call port sturdyref)
  (define caller
    (with-vat vat
      (define mycapn (spawn-mycapn (netlayer-at port)))
      (define echo ($ mycapn 'enliven (string->ocapn-id sturdyref)))
      (spawn ^caller echo)))
  (define (play calls window)
    (let ((begun (now-us))
          (done (make-condition)))
      (with-vat vat ($ caller calls window done))
      (wait done)
      (- (now-us) begun)))
  (say "ready")
  (let next ()
    (match (read-line)
      ((? eof-object?) #f)
      (line
       (match (string-split line #\space)
         (("calls" calls window)
          (say "ok" (number->string (play (string->number calls) (string->number window)))))
         (("round-trip" calls)
          (let ((each (sort (map (lambda (_) (play 1 1)) (iota (string->number calls))) <)))
            (say "ok" (number->string (car each)) (number->string (list-ref each (quotient (length each) 2)))))))
       (next)))))

(match (command-line)
  ((_ "serve" port) (serve (string->number port)))
  ((_ "call" port sturdyref) (call (string->number port) sturdyref)))
