import NetworkTypes

extension Check {
  static let exposedDatabase = Check.exposure(
    "FW406", "exposed-database",
    ports: PortSet(tcp: [1521, 3306, 5432, 5984, 6379, 9042, 9200, 11211, 27017]),
    message: "a database must not be open to the internet",
    summary: "a database or a cache open to the internet",
    explanation: """
      Oracle (1521), MySQL (3306), PostgreSQL (5432), CouchDB (5984), Redis (6379), Cassandra (9042),
      Elasticsearch (9200), memcached (11211) and MongoDB (27017), all over TCP, are asked by
      applications, not by strangers; several need no password as they come. Open ones are found in
      hours and their content is copied, held to ransom or erased.

      It sees ports, not what listens or how it asks for a password. Source: the open-service reports of
      Shadowserver and national CERTs.
      """,
    help: [
      "name the applications' addresses: `from: office`",
      "or let it listen on loopback or a private network only",
    ],
    example: """
      fwpolicy: 1
      name: host1
      role: host
      inbound:
        - { name: db, allow: tcp/5432 }
      """,
    fixed: """
      fwpolicy: 1
      name: host1
      role: host
      networks:
        office: [192.0.2.0/28, 2001:db8:10::/64]
      inbound:
        - { name: db, allow: tcp/5432, from: office }
      """)
}
